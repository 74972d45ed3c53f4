"""Sessions: the chain of events back from this one whose gaps are short, at most a span long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from spark_jobs.feature_rows import condition, micros
from spark_jobs.frames import before_this, in_time_order, older_than, up_to_this
from spark_jobs.layers import Layer, quoted
from weir.feature import Feature

# how many gaps back from a key's first event the cells are told apart; a bigint has a bit for each
CELLS = 62


def session_neighbours(feature: Feature, partition: Sequence[str]) -> dict[str, str]:
    """How many events count so far, and when the one before and the one after came."""
    counted = f"if({condition(feature)}, at, null)"
    return {
        f"{_of(feature)}_number": f"count({counted}) {up_to_this(partition)}",
        f"{_of(feature)}_last": f"max({counted}) {before_this(partition)}",
        f"{_of(feature)}_next": f"lead({counted}) ignore nulls {in_time_order(partition)}",
    }


def session_starts(feature: Feature, partition: Sequence[str]) -> dict[str, str]:
    """When the chain that is open at this row began, and how many events counted before it."""
    session, frame = _of(feature), up_to_this(partition)
    after_a_gap = f"coalesce(at - {session}_last > {micros(_gap(feature))}, true)"
    starts = f"{condition(feature)} and {after_a_gap}"
    return {
        f"{session}_from": f"max(if({starts}, at, null)) {frame}",
        f"{session}_before": f"max(if({starts}, {session}_number - 1, null)) {frame}",
    }


def session_cuts(feature: Feature, partition: Sequence[str]) -> dict[str, str]:
    """How many events are too old for any session of this row, and when the first came that is not."""
    session, old = _of(feature), older_than(partition, feature.span)
    return {
        f"{session}_old_number": f"max(if({condition(feature)}, {session}_number, null)) {old}",
        f"{session}_old_next": f"max(if({condition(feature)}, {session}_next, null)) {old}",
    }


def session(feature: Feature) -> dict[str, str]:
    """A session's number of events or its seconds so far; 0 where no session is open."""
    name = _of(feature)
    idle = f"at - {name}_last"
    is_open = (
        f"({condition(feature)} or {idle} <= {micros(_gap(feature))} and {idle} < {micros(feature.span)})"
    )
    if feature.kind == "session_count":
        answer = f"{name}_number - greatest({name}_before, {name}_old_number)"
    else:
        answer = f"(at - greatest({name}_from, {name}_old_next)) div 1000000"
    return {feature.name: f"coalesce(if({is_open}, {answer}, null), 0)"}


def open_chains(features: Iterable[Feature], partition: Sequence[str]) -> list[Layer]:
    """Leave out the rows of the history that no open chain can reach.

    The time before a key's `first` event in the batch is cut into cells of one gap: an empty one is longer than a
    gap and breaks the chain. The cell next to the first event counts as taken, since the event may be at its end.
    """
    sessions = {_of(feature): feature for feature in features if feature.gap}
    if not sessions:
        return []
    taken = {f"{name}_cells": _taken(feature, partition) for name, feature in sessions.items()}
    reached = [
        f"(`{name}_cells` | 1) & {_until(feature)} = {_until(feature)}" for name, feature in sessions.items()
    ]
    where = f"first is null or at > first or {' or '.join(f'({one})' for one in reached)}"
    return [Layer(taken), Layer(without=taken, where=where)]


def _taken(feature: Feature, partition: Sequence[str]) -> str:
    here = f"{condition(feature)} and {_cell(feature)} between 0 and {CELLS}"
    bit = f"if({here}, shiftleft(1L, cast({_cell(feature)} as int)), 0L)"
    return f"bit_or({bit}) over (partition by {quoted(partition)})"


def _until(feature: Feature) -> str:
    """The bits of all cells between the row's and the first event."""
    return f"(shiftleft(1L, cast(greatest(0, least({_cell(feature)}, {CELLS})) as int)) - 1)"


def _cell(feature: Feature) -> str:
    return f"((first - at) div {micros(_gap(feature))})"


def _of(feature: Feature) -> str:
    """Features with the same gap, span and condition share one session's columns."""
    gap, span = micros(_gap(feature)), micros(feature.span)
    return f"session_{gap}_{span}_{condition(feature)}"


def _gap(feature: Feature) -> timedelta:
    assert feature.gap is not None, f"{feature.name}: a session needs a gap"
    return feature.gap
