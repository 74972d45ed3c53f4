"""Sessions: the chain of events back from this one whose gaps are short, at most a span long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from spark_jobs.feature_rows import condition, micros
from spark_jobs.frames import before_this, in_time_order, older_than, up_to_this
from weir.feature import Feature


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


def _of(feature: Feature) -> str:
    """Features with the same gap, span and condition share one session's columns."""
    gap, span = micros(_gap(feature)), micros(feature.span)
    return f"session_{gap}_{span}_{condition(feature)}"


def _gap(feature: Feature) -> timedelta:
    assert feature.gap is not None, f"{feature.name}: a session needs a gap"
    return feature.gap
