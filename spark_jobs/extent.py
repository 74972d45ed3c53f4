"""How much a batch is: what has to be known of it before its history can be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.layers import Transform

# so many rows, with what is merged of their history, are computed sooner in one task than moved between several
ROWS_OF_ONE_TASK = 20_000


@dataclass(frozen=True, slots=True)
class Extent:
    """So many rows, the earliest `occurred_at` of the events among them (None of none), and these events' days."""

    rows: int
    first: datetime | None
    days: tuple[date, ...]

    @property
    def in_one_task(self) -> bool:
        """Whether so much is done without moving it between tasks."""
        return self.rows <= ROWS_OF_ONE_TASK


def extent_of(rows: DataFrame) -> Extent:
    """Judged rows, or events: those of judged rows that have no `reason` -> their extent; reads them."""
    is_event = F.col("reason").isNull() if "reason" in rows.columns else F.lit(True)
    occurred_at = F.when(is_event, F.col("occurred_at"))
    days = F.collect_set(F.to_date(occurred_at))
    number, first, found = rows.agg(F.count("*"), F.min(occurred_at), days).collect()[0]
    return Extent(number, first and first.replace(tzinfo=UTC), tuple(sorted(found)))


def gathered(extent: Extent) -> Transform:
    """Rows of that extent -> the same, those of a small batch in one task, so that no step moves them."""
    return lambda rows: rows.coalesce(1) if extent.in_one_task else rows
