"""Sessions: the chain of events back from this one whose gaps are short, at most a span long."""

from __future__ import annotations

import numpy as np

from spark_jobs.windows.occurrences import SECOND
from spark_jobs.windows.timeline import Flags, Ints, Timeline
from spark_jobs.windows.totals import Found
from spark_jobs.windows.window import Window


def session_count(time: Timeline, window: Window) -> Found:
    """How many events the session has so far; 0 where none is open."""
    counted = time[window.holds]
    so_far = np.concatenate(([0], np.cumsum(counted)))
    begin, is_open = _session(time, window, counted)
    return {window.name: np.where(is_open, so_far[1:] - so_far[begin], 0)}


def session_seconds(time: Timeline, window: Window) -> Found:
    """Whole seconds since the session's first event; 0 where none is open."""
    begin, is_open = _session(time, window, time[window.holds])
    return {window.name: np.where(is_open, (time.at - time.at[begin]) // SECOND, 0)}


def _session(time: Timeline, window: Window, counted: Flags) -> tuple[Ints, Flags]:
    """The position of the first event of the session of each row, and whether it has one."""
    last = time.previous(counted)
    idle = time.at - time.at[last]
    start = time.latest(counted & ((last < 0) | (idle > window.gap)))
    is_open = counted | ((last >= 0) & (idle <= window.gap) & (idle < window.span))
    begin = np.maximum(start, _next(counted)[time.since(window.span)])
    return np.where(is_open, begin, 0), is_open


def _next(counted: Flags) -> Ints:
    """The position of the first counted row from each on; their number of none."""
    size = len(counted)
    here = np.where(counted, np.arange(size), size)
    return np.minimum.accumulate(here[::-1])[::-1]
