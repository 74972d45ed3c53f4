"""Sessions: the chain of events back from this one whose gaps are short, at most a span long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.feature_rows import TIME_ORDER, condition, micros
from spark_jobs.running_totals import Transform, before_this, older_than, up_to_this
from weir.feature import Feature


def with_session(feature: Feature, partition: Sequence[str]) -> Transform:
    """Add a session's number of events or its seconds so far; 0 where no session is open."""

    def transform(rows: DataFrame) -> DataFrame:
        found = rows.withColumns(_neighbours(feature, partition)).withColumns(_starts(feature, partition))
        found = found.withColumns(_cut_off(feature, partition))
        return found.withColumn(feature.name, _answer(feature)).drop(*(f"{PREFIX}{part}" for part in PARTS))

    return transform


PREFIX = "session_"
PARTS = ("number", "last_at", "next_at", "from", "before", "old_number", "old_next_at")


def _part(name: str) -> Column:
    return F.col(f"{PREFIX}{name}")


def _neighbours(feature: Feature, partition: Sequence[str]) -> dict[str, Column]:
    counted = F.when(F.col(condition(feature)), F.col("at"))
    names, order = ", ".join(f"`{name}`" for name in partition), ", ".join(TIME_ORDER)
    counted_sql = f"case when `{condition(feature)}` then at end"
    return {
        f"{PREFIX}number": F.count(counted).over(up_to_this(partition)),
        f"{PREFIX}last_at": F.max(counted).over(before_this(partition)),
        # the Python function has no `ignore nulls`
        f"{PREFIX}next_at": F.expr(
            f"lead({counted_sql}) ignore nulls over (partition by {names} order by {order})"
        ),
    }


def _starts(feature: Feature, partition: Sequence[str]) -> dict[str, Column]:
    """When the chain that is open at this row began, and how many events counted before it."""
    after_a_gap = F.coalesce(F.col("at") - _part("last_at") > micros(_gap(feature)), F.lit(True))
    starts = F.col(condition(feature)) & after_a_gap
    return {
        f"{PREFIX}from": F.max(F.when(starts, F.col("at"))).over(up_to_this(partition)),
        f"{PREFIX}before": F.max(F.when(starts, _part("number") - 1)).over(up_to_this(partition)),
    }


def _cut_off(feature: Feature, partition: Sequence[str]) -> dict[str, Column]:
    """How many events are too old for any session of this row, and when the first came that is not."""
    old, counts = older_than(partition, feature.span), F.col(condition(feature))
    return {
        f"{PREFIX}old_number": F.max(F.when(counts, _part("number"))).over(old),
        f"{PREFIX}old_next_at": F.max(F.when(counts, _part("next_at"))).over(old),
    }


def _answer(feature: Feature) -> Column:
    idle = F.col("at") - _part("last_at")
    is_open = F.col(condition(feature)) | ((idle <= micros(_gap(feature))) & (idle < micros(feature.span)))
    if feature.kind == "session_count":
        answer = _part("number") - F.greatest(_part("before"), _part("old_number"))
    else:
        answer = F.floor((F.col("at") - F.greatest(_part("from"), _part("old_next_at"))) / 1_000_000)
    return F.coalesce(F.when(is_open, answer), F.lit(0)).cast("bigint")


def _gap(feature: Feature) -> timedelta:
    assert feature.gap is not None, f"{feature.name}: a session needs a gap"
    return feature.gap
