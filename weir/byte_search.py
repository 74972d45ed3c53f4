"""Every file below a folder -> those that name a subject, in their bytes or in what the bytes stand for."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from weir.s3 import file_system
from weir.subject import Subject

CHUNK = 16 * 1024 * 1024
PARQUET, GZIP, SQLITE, DUCKDB = b"PAR1", b"\x1f\x8b", b"SQLite format 3\0", b"DUCK"
DUCKDB_AT = 8


@dataclass(slots=True)
class Searched:
    """How many files were read, the paths of those that name the subject, and of those nobody could read.

    The path of an object is its URI, `s3://bucket/...`.
    """

    files: int = 0
    hits: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def search(places: list[str], subject: Subject) -> Searched:
    """Folders, local or `s3a://` -> what was found in all their files; a place inside another is read once."""
    searched = Searched()
    for files, path in _files(places):
        searched.files += 1
        name = path if isinstance(files, fs.LocalFileSystem) else f"{files.type_name}://{path}"
        try:
            if is_named_in_file(files, path, subject):
                searched.hits.append(name)
        except FileNotFoundError:
            searched.files -= 1
        except (OSError, pa.ArrowException, duckdb.Error, sqlite3.Error):
            searched.unread.append(name)
    return searched


def is_named_in_file(files: fs.FileSystem, path: str, subject: Subject) -> bool:
    """Whether a file's bytes name the subject, or the values that its Parquet pages, gzip or tables hold."""
    with files.open_input_file(path) as file:
        begin = file.read(16)
        file.seek(0)
        if _in_stream(file.read, subject):
            return True
        file.seek(0)
        if begin.startswith(PARQUET):
            return _in_parquet(file, subject)
        if begin.startswith(GZIP):
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _in_stream(unpacked.read, subject)
    if begin.startswith(SQLITE):
        return _in_sqlite(path, subject)
    return begin[DUCKDB_AT:].startswith(DUCKDB) and _in_duckdb(path, subject)


def _files(places: list[str]) -> Iterator[tuple[fs.FileSystem, str]]:
    seen: set[str] = set()
    for place in places:
        files, folder = file_system(place)
        for entry in files.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True)):
            if entry.is_file and entry.path not in seen:
                seen.add(entry.path)
                yield files, entry.path


def _in_stream(read: Callable[[int], bytes], subject: Subject) -> bool:
    tail = b""
    while chunk := read(CHUNK):
        if subject.is_named_in(tail + chunk):
            return True
        # what is cut by the end of a chunk is whole in the next
        tail = (tail + chunk)[-subject.longest :]
    return False


def _in_parquet(file: Any, subject: Subject) -> bool:
    parquet = pq.ParquetFile(file)
    batches = parquet.iter_batches(batch_size=65_536)
    return any(
        _in_values(values.to_pylist(), subject, name) for batch in batches for name, values in _texts(batch)
    )


def _texts(batch: pa.RecordBatch) -> list[tuple[str, pa.Array]]:
    """The columns that may hold text: all but plain numbers, times and truths."""
    plain = (pa.types.is_primitive, pa.types.is_decimal)
    named = zip(batch.schema.names, batch.columns, strict=True)
    return [(name, column) for name, column in named if not any(is_plain(column.type) for is_plain in plain)]


def _in_values(value: Any, subject: Subject, name: str = "") -> bool:
    """Whether a value of this name, or any value in it, is the subject or names it."""
    if isinstance(value, str | bytes):
        return subject.is_held_in(name, value)
    if isinstance(value, dict):
        return any(_in_values(part, subject, key) for key, part in value.items())
    return isinstance(value, list | tuple) and any(_in_values(part, subject, name) for part in value)


def _in_sqlite(path: str, subject: Subject) -> bool:
    # a long value lies in pages that are not neighbours: its bytes alone are not enough
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)
    try:
        connection.text_factory = bytes
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        tables = (connection.execute(f'select * from "{name.decode()}"') for (name,) in names)
        return any(
            _in_values(dict(zip((column[0] for column in table.description), row, strict=True)), subject)
            for table in tables
            for row in table
        )
    finally:
        connection.close()


def _in_duckdb(path: str, subject: Subject) -> bool:
    with duckdb.connect(path, read_only=True) as connection:
        # its bar would stand among what a command prints
        connection.execute("set enable_progress_bar = false")
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
        for (name,) in names:
            rows = connection.execute(f'select t::varchar from "{name}" as t')
            while batch := rows.fetchmany(10_000):
                if _in_values(batch, subject):
                    return True
    return False
