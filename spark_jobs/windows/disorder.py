"""Events that arrived late, and what they must not change for the events that had overtaken them.

Windows run in the order of time, so they also count an event that came later than the one it is counted for.
Such pairs exist only inside a batch: all of the history had arrived before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spark_jobs.windows.kinds import ADDITIVE, windows_of
from spark_jobs.windows.timeline import Flags, Ints, Timeline, combined, is_first, numbered
from spark_jobs.windows.totals import Found
from spark_jobs.windows.window import Window

# rows computed at a time, whatever it is that was overtaken
AT_ONCE = 2_000_000


def in_arrival(time: Timeline, windows: Sequence[Window]) -> tuple[Found, Flags]:
    """The windows' columns as they were when each row arrived, and whether a row is late for its key."""
    found, arrival = windows_of(time, windows), time["arrival"]
    if np.all((arrival[1:] > arrival[:-1]) | is_first(time.key)[1:]):
        return found, np.zeros(len(time), bool)
    late, runs = _late(time, arrival), _runs(time, arrival)
    if runs.overtaken.any():
        additive = [window for window in windows if window.kind in ADDITIVE]
        _forget_unseen(found, time, additive, runs, late)
        _recompute(found, time, [one for one in windows if one not in additive], runs, arrival)
    return found, late


@dataclass(frozen=True, slots=True)
class Runs:
    """A run is a stretch of arrivals of one key in the order of time: of two events of the batch, the one that is
    earlier in time had not arrived for the other exactly when its run is higher.

    of: the run of each row, 0 for history. overtaken: whether a row earlier in time has a higher run.
    """

    of: Ints
    overtaken: Flags


def _late(time: Timeline, arrival: Ints) -> Flags:
    """Whether an event of the key that arrived before is later in time."""
    order = np.lexsort((arrival, time.key))
    times, rank = np.unique(time.at, return_inverse=True)
    late = np.empty(len(time), bool)
    late[order] = _is_below_earlier(time.key[order] * len(times) + rank[order])
    return late & time["in_batch"]


def _runs(time: Timeline, arrival: Ints) -> Runs:
    is_new = time["in_batch"]
    order = np.lexsort((arrival, time.key))
    order = order[is_new[order]]
    at, first = time.at[order], is_first(time.key[order])
    turns = np.cumsum(~first & (np.diff(at, prepend=0) < 0))
    run = np.zeros(len(time), np.int64)
    run[order] = turns - turns[np.flatnonzero(first)][np.cumsum(first) - 1]
    overtaken = _is_below_earlier(time.key * (int(run.max(initial=0)) + 1) + run)
    return Runs(run, overtaken & is_new)


def _is_below_earlier(numbers: Ints) -> Flags:
    """Whether any number before is higher; those of a later key are higher than all of an earlier one."""
    return np.maximum.accumulate(numbers) > numbers


def _forget_unseen(found: Found, time: Timeline, windows: Sequence[Window], runs: Runs, late: Flags) -> None:
    """Take from the totals of overtaken events what they had not seen.

    A late event of run s is unseen by an event of run r < s. For every bit of the run number, the rows that
    agree on the higher bits form a node: there, the late events with the bit set are unseen by all overtaken
    ones without it. Every pair meets in exactly one node, at the highest bit in which r and s differ, so the
    work grows with n log n, never with the number of pairs.
    """
    for level in range(int(runs.of.max(initial=0)).bit_length()):
        is_unseen = (runs.of >> level) & 1 == 1
        here = np.flatnonzero(np.where(is_unseen, late, runs.overtaken))
        node = combined([time.key[here], (runs.of[here] >> level) | 1])
        order = np.argsort(node, kind="stable")
        here = here[order]
        totals = windows_of(_only(time, here, numbered(node[order]), is_unseen, windows), windows)
        asking = ~is_unseen[here]
        for name, total in totals.items():
            found[name][here[asking]] -= total[asking]


def _only(time: Timeline, here: Ints, key: Ints, holds: Flags, windows: Sequence[Window]) -> Timeline:
    """Those positions, under other keys; only the rows that hold count."""
    counts = np.zeros(len(time.columns["at"]), bool)
    counts[time.row] = holds
    conditions = {window.holds: time.columns[window.holds] & counts for window in windows}
    return Timeline({**time.columns, **conditions}, time.row[here], key)


def _recompute(found: Found, time: Timeline, windows: Sequence[Window], runs: Runs, arrival: Ints) -> None:
    """Give overtaken events the other kinds, computed from what had arrived.

    The overtaken events of one run had seen the same late ones, so each run is computed on its own.
    """
    if not windows:
        return
    asking = np.flatnonzero(runs.overtaken)
    which = combined([time.key[asking], runs.of[asking]])
    order = np.argsort(which, kind="stable")
    asking, which = asking[order], numbered(which[order])
    for here, run in _copies(time, asking, which, max(window.span for window in windows), arrival):
        anew = windows_of(Timeline(time.columns, time.row[here], numbered(run)), windows)
        asks = runs.overtaken[here] & (runs.of[here] == runs.of[asking[np.searchsorted(which, run)]])
        for name, values in anew.items():
            found[name][here[asks]] = values[asks]


def _copies(time: Timeline, asking: Ints, run: Ints, span: int, arrival: Ints) -> Iterator[tuple[Ints, Ints]]:
    """For each run of asking rows the positions of what they can see, and the run's number; some runs at a time."""
    firsts = np.flatnonzero(is_first(run))
    begin = time.since(span)[asking[firsts]]
    end = np.maximum.reduceat(asking, firsts) + 1
    newest = np.maximum.reduceat(arrival[asking], firsts)
    sizes = end - begin
    parts = np.cumsum(sizes) // AT_ONCE
    for part in np.unique(parts):
        runs = np.flatnonzero(parts == part)
        copy = np.repeat(runs, sizes[runs])
        ends = np.cumsum(sizes[runs])
        here = np.arange(len(copy)) + np.repeat(begin[runs] - (ends - sizes[runs]), sizes[runs])
        arrived = arrival[here] <= newest[copy]
        yield here[arrived], copy[arrived]
