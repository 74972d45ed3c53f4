"""JSON objects written one behind the other on a line, as Firehose delivers them, become a message each."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEAM = b"}{"
QUOTE, OPEN = ord('"'), ord("{")
IS_MARK = np.isin(np.arange(256), list(b'{}"'))
# inside a string, a backslash and what it stands before
ESCAPED = re.compile(rb"\\.", re.DOTALL)


def cut_objects(positions: np.ndarray, payloads: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Lines with their positions -> the same, but each of several objects on one line by itself.

    A line without a SEAM is not looked into, and what is no row of objects stays whole. White space between two
    objects stays with the first.
    """
    glued = np.flatnonzero(
        pc.call_function("match_substring", [payloads], pc.MatchSubstringOptions(SEAM.decode()))
    )
    if not len(glued):
        return positions, payloads
    bounds = np.frombuffer(payloads.buffers()[1], np.int32)[payloads.offset :][: len(payloads) + 1]
    cuts = [(row, starts_of(payloads[row].as_buffer().to_pybytes())) for row in glued.tolist()]
    rows = np.repeat([row for row, _ in cuts], [len(starts) for _, starts in cuts])
    starts = np.concatenate([starts for _, starts in cuts])
    inserted = np.insert(bounds, rows + 1, (bounds[rows] + starts).astype(np.int32))
    buffers = [None, pa.py_buffer(inserted), payloads.buffers()[2]]
    pieces = pa.Array.from_buffers(pa.binary(), len(inserted) - 1, buffers)
    return np.insert(positions, rows + 1, positions[rows] + starts), pieces


def starts_of(line: bytes) -> np.ndarray:
    """A line -> where its second object begins, its third and so on; none when it does not begin with one."""
    data = np.frombuffer(ESCAPED.sub(b"..", line) if b"\\" in line else line, np.uint8)
    marks = np.flatnonzero(IS_MARK[data])
    kinds = data[marks]
    is_brace = (np.cumsum(kinds == QUOTE) % 2 == 0) & (kinds != QUOTE)
    braces = marks[is_brace]
    steps = np.where(kinds[is_brace] == OPEN, 1, -1)
    depth = np.cumsum(steps)
    begins = braces[(steps == 1) & (depth == 1)]
    ends = braces[(steps == -1) & (depth == 0)]
    if not len(begins) or line[: begins[0]].strip():
        return begins[:0]
    later = begins[1:]
    before = ends[: len(later)] + 1
    blank = before == later
    for gap in np.flatnonzero(~blank):
        blank[gap] = not line[before[gap] : later[gap]].strip()
    return later[blank]
