"""The windows' frames: which rows of a key's partition a row looks at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from spark_jobs.feature_rows import ROW_ID, TIME_ORDER, micros
from spark_jobs.layers import quoted


def up_to_this(partition: Iterable[str]) -> str:
    """The rows up to this one in the order of time, this one included."""
    return _rows(partition, TIME_ORDER, "current row")


def before_this(partition: Iterable[str]) -> str:
    """The rows before this one in the order of time."""
    return _rows(partition, TIME_ORDER, "1 preceding")


def arrived_up_to_this(partition: Iterable[str]) -> str:
    """The rows that had arrived when this one did, this one included."""
    return _rows(partition, ROW_ID, "current row")


def arrived_before_this(partition: Iterable[str]) -> str:
    return _rows(partition, ROW_ID, "1 preceding")


def older_than(partition: Iterable[str], span: timedelta) -> str:
    """The rows at least `span` older than this one: its window's start is exclusive."""
    return (
        f"over (partition by {quoted(partition)} order by at"
        f" range between unbounded preceding and {micros(span)} preceding)"
    )


def in_time_order(partition: Iterable[str]) -> str:
    return f"over (partition by {quoted(partition)} order by {quoted(TIME_ORDER)})"


def in_arrival_order(partition: Iterable[str]) -> str:
    return f"over (partition by {quoted(partition)} order by {quoted(ROW_ID)})"


def all_of(partition: Iterable[str]) -> str:
    return f"over (partition by {quoted(partition)})"


def _rows(partition: Iterable[str], order: Iterable[str], until: str) -> str:
    return (
        f"over (partition by {quoted(partition)} order by {quoted(order)}"
        f" rows between unbounded preceding and {until})"
    )
