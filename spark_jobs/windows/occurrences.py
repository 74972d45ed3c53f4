"""What came before: the previous event and its value, and whether a value is new."""

from __future__ import annotations

import numpy as np

from spark_jobs.windows.timeline import Ints, Timeline
from spark_jobs.windows.totals import Found
from spark_jobs.windows.window import Window

SECOND = 1_000_000


def seconds_since_previous(time: Timeline, window: Window) -> Found:
    """Whole seconds since the event before; -1 of none within the span."""
    seen = _seen(time, window, time.previous(time[window.holds]))
    return {window.name: np.where(seen >= 0, (time.at - time.at[seen]) // SECOND, -1)}


def previous(time: Timeline, window: Window) -> Found:
    """The row of the columns that has the last value; -1 of none within the span."""
    seen = _seen(time, window, time.previous(time[window.holds] & (time[window.value] >= 0)))
    return {window.name: np.where(seen >= 0, time.row[seen], -1)}


def first_seen(time: Timeline, window: Window) -> Found:
    """1 where the event's value was not seen within the span before, 0 where it was, -1 where it has none."""
    order, alike = time.split([window.value])
    seen = _seen(alike, window, alike.previous(alike[window.holds]))
    fresh = np.where(alike[window.value] >= 0, seen < 0, -1)
    found = np.empty(len(time), np.int64)
    found[order] = fresh
    return {window.name: found}


def _seen(time: Timeline, window: Window, seen: Ints) -> Ints:
    """Positions -> the same, -1 where they are out of the window."""
    return np.where((seen >= 0) & (time.at - time.at[seen] < window.span), seen, -1)
