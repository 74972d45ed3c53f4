"""Bytes -> lines, a block at a time: newlines are found with numpy and lines cut out with Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from spark_jobs.sources.concatenated import SEAM, cut_objects

BLOCK = 8 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NEWLINE = ord("\n")
IS_SPACE = np.isin(np.arange(256), list(b" \t\n\r\v\f"))


def read_lines(
    stream: BinaryIO, start: int = 0, end: int | None = None
) -> Iterator[tuple[np.ndarray, pa.Array]]:
    """The lines that begin in bytes [start, end) of a stream -> blocks of (positions, payloads).

    A position is the offset of a payload's first byte. Payloads are the bytes as they are, without the
    newline; a line of white space is no message, and a byte order mark at the start belongs to none. Several
    JSON objects on one line are a message each.
    """
    for offset, block in _whole_lines(stream, _first_line(stream, start)):
        if end is not None and offset >= end:
            return
        mark = len(BYTE_ORDER_MARK) if offset == 0 and block.startswith(BYTE_ORDER_MARK) else 0
        starts, payloads = split_lines(block[mark:] if mark else block)
        positions = starts + (offset + mark)
        # behind a byte order mark the first line still begins at byte 0
        within = len(positions) if end is None else int(np.searchsorted(positions, max(end, mark + 1)))
        lines = positions[:within], payloads.slice(0, within)
        # looked for in the whole block: line by line it would take as long as all else together
        yield cut_objects(*lines) if SEAM in block else lines


def split_lines(block: bytes) -> tuple[np.ndarray, pa.Array]:
    """Whole lines -> where each that is not blank starts, and its bytes without the newline."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    if len(data) and data[-1] != NEWLINE:
        ends = np.append(ends, len(data))
    starts = np.concatenate(([0], ends[:-1] + 1))[: len(ends)].astype(np.int64)
    kept = np.flatnonzero(~_blank(data, starts))
    # every second slot of [start, end, start, end, ...] is a line, the ones between are newlines
    bounds = np.stack([starts, ends], axis=1).ravel().astype(np.int32)
    if not len(bounds):
        return starts, pa.array([], pa.binary())
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(block)]
    slots = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, buffers)
    return starts[kept], slots.take(pa.array(2 * kept))


def _blank(data: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Whether each line holds nothing but white space."""
    blank = IS_SPACE[data[starts]]
    if blank.any():
        blank = ~np.logical_or.reduceat(~IS_SPACE[data], starts)
    return blank


def _first_line(stream: BinaryIO, start: int) -> int:
    """Go to the first line that begins at `start` or behind it -> its position."""
    if start == 0:
        return 0
    stream.seek(start - 1)
    return start - 1 + len(stream.readline())


def _whole_lines(stream: BinaryIO, position: int) -> Iterator[tuple[int, bytes]]:
    held: list[bytes] = []
    while chunk := stream.read(BLOCK):
        cut = chunk.rfind(b"\n") + 1
        held.append(chunk[:cut] if cut else chunk)
        if cut:
            block = b"".join(held)
            yield position, block
            position += len(block)
            held = [chunk[cut:]]
    if last := b"".join(held):
        yield position, last
