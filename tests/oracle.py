"""The definition of a feature, written down literally: slow, plain Python, and what Spark is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from weir.feature import Feature

Event = Mapping[str, Any]
LONGEST_LONG = 2**63


def features_of(
    event: Event,
    events: Sequence[Event],
    features: Sequence[Feature],
    holds: Callable[[Feature, Event], bool],
) -> dict[str, Any]:
    """An event, all events -> its features by name, and `is_late`. holds: whether an event satisfies a `where`."""
    values = {feature.name: feature_of(event, events, feature, holds) for feature in features}
    return {**values, "is_late": any(is_late(event, events, feature.key) for feature in features)}


def feature_of(
    event: Event, events: Sequence[Event], feature: Feature, holds: Callable[[Feature, Event], bool]
) -> Any:
    if any(event[column] is None for column in feature.key):
        return None
    seen = [
        other
        for other in events
        if _key(other, feature.key) == _key(event, feature.key)
        and other["occurred_at"] > event["occurred_at"] - feature.span
        and _in_time(other) <= _in_time(event)
        and _in_arrival(other) <= _in_arrival(event)
        and holds(feature, other)
        and (feature.value is None or other[feature.value] is not None)
    ]
    seen.sort(key=_in_time)
    before = [other for other in seen if other is not event]
    return _KINDS[feature.kind](event, feature, seen, before)


def is_late(event: Event, events: Sequence[Event], key: Sequence[str]) -> bool:
    if any(event[column] is None for column in key):
        return False
    return any(
        _key(other, key) == _key(event, key)
        and _in_arrival(other) < _in_arrival(event)
        and other["occurred_at"] > event["occurred_at"]
        for other in events
    )


def _key(event: Event, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(event[column] for column in key)


def _in_time(event: Event) -> tuple[datetime, int, int]:
    return event["occurred_at"], event["seq"], event["part"]


def _in_arrival(event: Event) -> tuple[int, int]:
    return event["seq"], event["part"]


def _count(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> int:
    return len(seen)


def _sum(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> int | None:
    total = sum(int(other[str(feature.value)]) for other in seen)
    if feature.type == "bigint":
        return total if -LONGEST_LONG <= total < LONGEST_LONG else None
    return total if abs(total) < 10**38 else None


def _distinct(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> int:
    return len({other[str(feature.value)] for other in seen})


def _seconds_since_previous(
    event: Event, feature: Feature, seen: list[Event], before: list[Event]
) -> int | None:
    return _seconds(event["occurred_at"] - before[-1]["occurred_at"]) if before else None


def _previous(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> Any:
    return before[-1][str(feature.value)] if before else None


def _is_first_seen(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> bool | None:
    value = event[str(feature.value)]
    return None if value is None else all(other[str(feature.value)] != value for other in before)


def _session(event: Event, feature: Feature, seen: list[Event]) -> list[Event]:
    chain, next_at = [], event["occurred_at"]
    for other in reversed(seen):
        if feature.gap is not None and next_at - other["occurred_at"] > feature.gap:
            break
        chain.append(other)
        next_at = other["occurred_at"]
    return chain


def _session_count(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> int:
    return len(_session(event, feature, seen))


def _session_seconds(event: Event, feature: Feature, seen: list[Event], before: list[Event]) -> int:
    chain = _session(event, feature, seen)
    return _seconds(event["occurred_at"] - chain[-1]["occurred_at"]) if chain else 0


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)


_KINDS: Mapping[str, Callable[[Event, Feature, list[Event], list[Event]], Any]] = {
    "count": _count,
    "sum": _sum,
    "distinct": _distinct,
    "seconds_since_previous": _seconds_since_previous,
    "previous": _previous,
    "is_first_seen": _is_first_seen,
    "session_count": _session_count,
    "session_seconds": _session_seconds,
}
