"""How much a batch is: what has to be known of it before its history can be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True, slots=True)
class Extent:
    """So many events, the earliest `occurred_at`, and their days; a batch without events has no `first`."""

    events: int
    first: datetime | None
    days: tuple[date, ...]


def extent_of(events: DataFrame) -> Extent:
    """Events with `occurred_at` -> their extent; reads them."""
    days = F.collect_set(F.to_date("occurred_at"))
    number, first, found = events.agg(F.count("*"), F.min("occurred_at"), days).collect()[0]
    return Extent(number, first and first.replace(tzinfo=UTC), tuple(sorted(found)))
