"""A piece of a file -> messages as Arrow batches."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa

from spark_jobs.sources.csv_rows import read_csv
from spark_jobs.sources.lines import BLOCK, read_lines
from spark_jobs.sources.split import Split, is_of_the_file

SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "partition": pa.string(),
        "position": pa.int64(),
        "payload": pa.binary(),
        "format": pa.string(),
        "mapping": pa.string(),
        "seq": pa.int64(),
    }
)
UNREADABLE = "unreadable"
# what Python and Arrow raise on a file that is not what its name says
BROKEN = (OSError, EOFError, zlib.error, ValueError, pa.ArrowInvalid)


def read_split(split: Split) -> Iterator[pa.RecordBatch]:
    """A piece of a file -> batches of SCHEMA.

    A file that turns out to be broken is one message of position -1 and none of its others: what could break
    half-way, a gzip or a CSV, is read once to see that it does not, and then again. Raises OSError when a file
    cannot be seen from here, which another try or another machine may mend.
    """
    if split.fault:
        yield _fault(split, split.fault)
        return
    if split.end is None:
        try:
            for _ in _read(split):
                pass
        except BROKEN as error:
            if not is_of_the_file(error):
                raise
            yield _fault(split, str(error))
            return
    for positions, payloads in _read(split):
        if len(positions):
            yield _batch(split, positions, payloads, split.entry.format)


def first_payloads(split: Split) -> list[bytes]:
    """A file -> the messages of its first block; none when they cannot be read, or there are none."""
    try:
        _, payloads = next(_read(split), (None, None))
    except BROKEN:
        return []
    return payloads.to_pylist() if payloads else []


def _read(split: Split) -> Iterator[tuple[np.ndarray, pa.Array]]:
    if split.entry.format == "csv":
        yield from read_csv(lambda: _open(split))
        return
    with _open(split) as stream:
        yield from read_lines(stream, split.start, split.end)


def _open(split: Split) -> BinaryIO:
    if split.is_gzip:
        return cast(BinaryIO, gzip.open(split.entry.file))
    return split.entry.file.open("rb", buffering=BLOCK)


def _fault(split: Split, fault: str) -> pa.RecordBatch:
    payload = json.dumps({UNREADABLE: fault, "file": split.entry.path}).encode()
    return _batch(split, np.array([-1]), pa.array([payload], pa.binary()), UNREADABLE)


def _batch(split: Split, positions: np.ndarray, payloads: pa.Array, format: str) -> pa.RecordBatch:
    rows, entry = len(positions), split.entry
    columns = [
        pa.repeat(f"files:{entry.folder}", rows),
        pa.repeat(entry.path, rows),
        pa.array(positions, pa.int64()),
        payloads,
        pa.repeat(format, rows),
        pa.repeat(pa.scalar(entry.mapping, pa.string()), rows),
        pa.array(positions + (split.first_seq + 1), pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
