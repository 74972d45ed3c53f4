"""Decimals as arrays: four numbers of 32 bits each, which billions of rows cannot overflow when they are added up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spark_jobs.windows.timeline import Flags

BITS, PIECES = 32, 4
MASK = 2**BITS - 1
WIDE = pa.decimal128(38, 0)


def is_wide(kind: pa.DataType) -> bool:
    return pa.types.is_decimal(kind)


def wide_numbers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Whole decimals -> one row of pieces each, the lowest first, the highest with the sign; 0 for null."""
    array = column.combine_chunks()
    low = np.frombuffer(array.buffers()[1], np.uint32).reshape(-1, PIECES)
    low = low[array.offset : array.offset + len(array)]
    pieces = low.astype(np.int64)
    pieces[:, -1] = low[:, -1].astype(np.int32)
    pieces[array.is_null().to_numpy(zero_copy_only=False)] = 0
    return pieces


def wide_array(pieces: NDArray[Any], is_known: Flags) -> pa.Array:
    """Rows of pieces, any of which may be more than 32 bits or negative -> decimal(38, 0)."""
    carried = pieces.copy()
    for lower in range(PIECES - 1):
        carried[:, lower + 1] += carried[:, lower] >> BITS
    words = (carried & MASK).astype(np.uint32)
    known = pa.py_buffer(np.packbits(is_known, bitorder="little").tobytes())
    return pa.Array.from_buffers(WIDE, len(words), [known, pa.py_buffer(words.tobytes())])
