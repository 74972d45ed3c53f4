"""What logs and histories say of a subject -> the same, saying that it is erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from weir.byte_search import SQLITE
from weir.subject import Subject

# what Weir's own programs and those that it runs note down: Dagster's history and logs, dbt's results
FOLDERS = ("dagster", "dbt")
# what the command line keeps of its last failure, which may quote a message
FAILURE = "failure.txt"
BY = b"erased"
# where Dagster keeps a text that it was given
GIVEN = "text"


def replace_traces(root: Path, subject: Subject) -> int:
    """WEIR_HOME -> how many files of its logs and histories named the subject, and do so no more."""
    files = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()]
    files.append(root / FAILURE)
    given = replace(subject, fields=(*subject.fields, GIVEN)) if subject.fields else subject
    # what SQLite keeps beside a database comes and goes with it
    return sum(
        _replace(path, given) for path in files if not path.name.endswith(("-wal", "-shm", "-journal"))
    )


def _replace(path: Path, subject: Subject) -> bool:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    if content.startswith(SQLITE):
        return replace_in_database(path, subject)
    # other bytes than text have lengths in them; a search still finds them
    if b"\0" in content or not subject.is_named_in(content):
        return False
    path.write_bytes(subject.replaced_in(content, BY))
    return True


def replace_in_database(path: Path, subject: Subject) -> bool:
    """A SQLite file, which others may have open -> whether it named the subject in a text or bytes."""
    database = sqlite3.connect(path, isolation_level=None, timeout=60)
    try:
        database.create_function("is_named", 1, lambda value: _is_named(value, subject))
        database.create_function("replaced", 1, lambda value: _replaced(value, subject))
        changed = [
            database.execute(
                f'update "{table}" set "{column}" = replaced("{column}") where is_named("{column}")'
            )
            for table, column in list(_columns(database))
        ]
        if any(change.rowcount for change in changed):
            # the old rows lie about in free pages, and in the log of the newest changes
            database.execute("vacuum")
        database.execute("pragma wal_checkpoint(truncate)").fetchall()
        return any(change.rowcount for change in changed)
    finally:
        database.close()


def _columns(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
    for (table,) in tables:
        for column in database.execute(f'pragma table_info("{table}")').fetchall():
            yield table, column[1]


def _is_named(value: object, subject: Subject) -> bool:
    return isinstance(value, str | bytes) and subject.is_named_in(value)


def _replaced(value: str | bytes, subject: Subject) -> str | bytes:
    if isinstance(value, bytes):
        return subject.replaced_in(value, BY)
    return subject.replaced_in(value.encode(), BY).decode()
