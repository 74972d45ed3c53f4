"""Feature rows as Arrow brings them -> the windows' columns, in a Spark task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from spark_jobs.windows.disorder import in_arrival
from spark_jobs.windows.timeline import Columns, Flags, Ints, Timeline, timeline
from spark_jobs.windows.wide import is_wide, wide_array, wide_numbers
from spark_jobs.windows.window import KeyWindows, Window

Batches = Iterator[pa.RecordBatch]


def windows_over(groups: Sequence[KeyWindows], columns: Sequence[str]) -> Callable[[Batches], Batches]:
    """For `mapInArrow`: the feature rows of whole keys -> those columns, with these groups' windows among them.

    The history of these groups' keys is left out: nothing more is asked of it.
    """

    def compute(batches: Batches) -> Batches:
        parts = [*batches]
        if not parts:
            return
        table = pa.Table.from_batches(parts)
        parts.clear()
        for group in groups:
            table = with_windows(table.combine_chunks(), group)
        yield from table.select([*columns]).to_batches()

    return compute


def with_windows(table: pa.Table, group: KeyWindows) -> pa.Table:
    """Feature rows -> the same with the group's columns, null for rows without the key, and with what is late."""
    is_member = _numbers(table, group.member) & 1 == 0
    members = np.flatnonzero(is_member)
    mine = table.select(group.columns)
    mine = mine if is_member.all() else mine.take(members)
    columns = _columns(mine, group)
    time = timeline(columns, np.arange(len(members)), [columns[name] for name in group.root])
    found, late = in_arrival(time, group.windows)
    back = np.full(len(table), -1)
    back[members[time.row]] = np.arange(len(time))
    rows = pa.array(back, mask=back < 0)
    for window in group.windows:
        for made in window.columns:
            table = table.append_column(made, _array(found[made], time, window, mine).take(rows))
    is_late = _flags(table, "is_late")
    is_late[members[time.row]] |= late
    table = table.set_column(table.column_names.index("is_late"), "is_late", pa.array(is_late))
    is_asked_more = _flags(table, "in_batch") | ~is_member
    return table if is_asked_more.all() else table.filter(pa.array(is_asked_more))


def _array(values: NDArray[Any], time: Timeline, window: Window, mine: pa.Table) -> pa.Array:
    """What was found in the order of time -> as Arrow, null where the row has not the key or -1 says so."""
    has_key = np.all([time[name] >= 0 for name in window.key], axis=0)
    if window.addends:
        return wide_array(values, has_key) if values.ndim > 1 else pa.array(values, mask=~has_key)
    is_null = ~has_key | (values < 0)
    if window.kind == "previous":
        return mine[window.value].combine_chunks().take(pa.array(values, mask=is_null))
    return pa.array(values > 0 if window.kind == "is_first_seen" else values, mask=is_null)


def _columns(mine: pa.Table, group: KeyWindows) -> Columns:
    """What the windows read, and the order of arrival."""
    added = {column for window in group.windows for _, column in window.addends}
    arrival = np.empty(len(mine), np.int64)
    arrival[np.lexsort((_numbers(mine, "part"), _numbers(mine, "seq")))] = np.arange(len(mine))
    return {
        "at": _numbers(mine, "at"),
        "arrival": arrival,
        "in_batch": _flags(mine, "in_batch"),
        **{window.holds: _flags(mine, window.holds) for window in group.windows},
        **{name: _addend(mine, name) for name in added},
        **{name: _codes(mine, name) for name in group.compared},
    }


def _numbers(table: pa.Table, name: str) -> Ints:
    return table[name].to_numpy().astype(np.int64, copy=False)


def _flags(table: pa.Table, name: str) -> Flags:
    return pc.fill_null(table[name], False).to_numpy()


def _addend(table: pa.Table, name: str) -> NDArray[Any]:
    column = table[name]
    return wide_numbers(column) if is_wide(column.type) else pc.fill_null(column, 0).to_numpy()


def _codes(table: pa.Table, name: str) -> Ints:
    """Equal values as equal numbers, -1 for null."""
    indices = table[name].combine_chunks().dictionary_encode().indices
    return pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
