"""Admitted files -> pieces of work of about the same size, and the `seq` that each file begins at."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from spark_jobs.sources.manifest import Admitted

TASK_BYTES = 32 * 1024 * 1024
# deflate cannot shrink anything further than this (https://zlib.net/zlib_tech.html)
DEFLATE_BOUND = 1032
# the file cannot be seen for now (a mount that is away, on this machine or for the moment), or nothing more be opened
NOT_OF_THE_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ETIMEDOUT, errno.EMFILE, errno.ENFILE}


@dataclass(frozen=True, slots=True)
class Split:
    """The bytes [start, end) of one file; a message at `position` has `seq` = first_seq + position + 1.

    first_seq itself is kept for the one message of a file that cannot be read (position -1), of which `fault`
    says why. end: None for what cannot be cut (gzip, CSV).
    """

    entry: Admitted
    first_seq: int
    start: int = 0
    end: int | None = None
    fault: str | None = None

    @property
    def is_gzip(self) -> bool:
        return self.entry.path.endswith(".gz")

    @property
    def weight(self) -> int:
        return (self.entry.size if self.end is None else self.end) - self.start


def as_split(entry: Admitted, first_seq: int) -> Split:
    """A file that is read as bytes -> all of it, with the fault when it cannot even be opened.

    Raises OSError when that says nothing of the file.
    """
    try:
        with entry.file.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        if not is_of_the_file(error):
            raise
        return Split(entry, first_seq, fault=error.strerror or str(error))
    return Split(entry, first_seq)


def is_of_the_file(error: Exception) -> bool:
    """Whether an error of reading tells of the file what will still be so when it is tried again."""
    return not (isinstance(error, OSError) and error.errno in NOT_OF_THE_FILE)


def span_of(entry: Admitted) -> int:
    """How many `seq` a file of lines or CSV may need: one a byte, as it is unpacked, and one for a fault."""
    unpacked = entry.size * DEFLATE_BOUND if entry.path.endswith(".gz") else entry.size
    return unpacked + 2


def pieces(split: Split) -> Iterator[Split]:
    """A file -> pieces of at most TASK_BYTES where it can be cut."""
    if split.fault or split.is_gzip or split.entry.format == "csv":
        yield split
        return
    size = split.entry.size
    for start in range(0, max(size, 1), TASK_BYTES):
        yield replace(split, start=start, end=min(start + TASK_BYTES, size))


def tasks(splits: Iterable[Split]) -> list[list[Split]]:
    """Pieces in order -> tasks of about TASK_BYTES, so that small files share one."""
    bundles: list[list[Split]] = []
    weight = TASK_BYTES
    for split in splits:
        if weight >= TASK_BYTES:
            bundles.append([])
            weight = 0
        bundles[-1].append(split)
        weight += split.weight
    return bundles
