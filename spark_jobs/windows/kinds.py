"""All windows over the rows of one group of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from spark_jobs.windows.occurrences import first_seen, previous, seconds_since_previous
from spark_jobs.windows.sessions import session_count, session_seconds
from spark_jobs.windows.timeline import Timeline
from spark_jobs.windows.totals import Found, distinct, totals
from spark_jobs.windows.window import Window

# what an event had not seen can be taken away from its totals; every other kind is computed anew
ADDITIVE = ("count", "sum")
KINDS: Mapping[str, Callable[[Timeline, Window], Found]] = {
    "count": totals,
    "sum": totals,
    "distinct": distinct,
    "seconds_since_previous": seconds_since_previous,
    "previous": previous,
    "is_first_seen": first_seen,
    "session_count": session_count,
    "session_seconds": session_seconds,
}


def windows_of(time: Timeline, windows: Sequence[Window]) -> Found:
    """Rows in the order of time -> the windows' columns, in that order; -1 stands for null."""
    found: Found = {}
    for rest in sorted({window.rest for window in windows}):
        order, rows = time.split(rest)
        for window in (one for one in windows if one.rest == rest):
            for name, values in KINDS[window.kind](rows, window).items():
                found[name] = np.empty_like(values)
                found[name][order] = values
    return found
