"""A published list of values -> its values: plain text, CSV, JSON, JSON lines, or a tar.gz of such files."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from weir.error import WeirError

SUFFIXES = (".txt", ".csv", ".json", ".jsonl", ".conf")


class ListError(WeirError):
    """A file that is no list of values."""


def read_values(file: Path) -> set[str]:
    """A list's file -> its values, trimmed and in small letters, each once. Raises ListError, OSError.

    Text: one a line, '#' begins a comment. CSV: the column `value`, or the first that ends with `address`.
    JSON: an array of strings. JSON lines: the field `value`. A tar.gz: all of these in it, others aside.
    """
    # not folded: events are looked up in small letters too, where ß is no ss
    found = (value.strip().lower() for name, text in _texts(file) for value in _values(name, text))
    return {value for value in found if value}


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of the file, or of each list in an archive."""
    if not file.name.lower().endswith((".tar.gz", ".tgz", ".tar")):
        yield str(file), _decoded(str(file), file.read_bytes())
        return
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content and _is_list(PurePosixPath(member.name)):
                    name = f"{file}:{member.name}"
                    yield name, _decoded(name, content.read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ListError(f"{file}: cannot be read as an archive ({error}); fetch it again") from error


def _is_list(member: PurePosixPath) -> bool:
    # macOS puts a file ._NAME beside each
    return member.suffix.lower() in SUFFIXES and not member.name.startswith("._")


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListError(f"{name}: is not UTF-8 at byte {error.start:,}; convert it") from error


def _values(name: str, text: str) -> Iterator[str]:
    match PurePosixPath(name).suffix.lower():
        case ".csv":
            yield from _of_csv(name, text)
        case ".json":
            yield from _of_json(name, text)
        case ".jsonl":
            yield from _of_lines(name, text)
        case _:
            yield from (line.partition("#")[0] for line in text.splitlines())


def _of_csv(name: str, text: str) -> Iterator[str]:
    rows = csv.DictReader(io.StringIO(text))
    columns = rows.fieldnames or []
    column = next((c for c in columns if c == "value"), None) or next(
        (c for c in columns if c.endswith("address")), None
    )
    if column is None:
        raise ListError(f"{name}: no column `value` or `...address` among {', '.join(columns)}; rename one")
    yield from (row[column] or "" for row in rows)


def _of_json(name: str, text: str) -> Iterator[str]:
    values = _parsed(name, 1, text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ListError(f"{name}: should be an array of strings")
    yield from values


def _of_lines(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            row = _parsed(name, number, line)
            if not isinstance(row, dict) or not isinstance(row.get("value"), str):
                raise ListError(f'{name}:{number} {line[:80]}: should be an object like {{"value": "..."}}')
            yield row["value"]


def _parsed(name: str, line: int, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ListError(f"{name}:{line} is not JSON: {error}") from error
