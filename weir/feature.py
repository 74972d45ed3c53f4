"""features.yml -> frozen records: what an event is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

KINDS = (
    "count",
    "sum",
    "distinct",
    "seconds_since_previous",
    "is_first_seen",
    "previous",
    "session_count",
    "session_seconds",
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One as-of feature: for event e, `kind` over the earlier events f of e's key with f.occurred_at > e.occurred_at - span.

    `span` is the window, the horizon, or for sessions the longest session; `gap` is set for sessions only.
    `where` is Spark SQL over the contract's columns; an f for which it is not true does not count.
    `type` is the Spark SQL type of the resulting column.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    value: str | None
    span: timedelta
    gap: timedelta | None
    where: str | None
    description: str
    type: str = "bigint"
