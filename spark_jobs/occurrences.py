"""What came before and how often it was new: distinct values, first sightings, the previous event."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_jobs.feature_rows import TIME_ORDER, condition, micros
from spark_jobs.running_totals import Term, Transform, before_this
from weir.feature import Feature


def with_distinct_marks(features: Sequence[Feature], partition: Sequence[str]) -> Transform:
    """Mark for each distinct count the rows where a value begins to count and those after which it ceases.

    A value counts from its occurrence until `span` later or its next occurrence, whichever comes first; so it begins
    where the occurrence before is too old, and ceases where the next one comes too late.
    """
    marks: dict[str, Column] = {}
    for feature in features:
        alike = Window.partitionBy(*partition, str(feature.value), condition(feature)).orderBy(*TIME_ORDER)
        span, counts = micros(feature.span), F.col(condition(feature)) & F.col(str(feature.value)).isNotNull()
        since, until = F.col("at") - F.lag("at").over(alike), F.lead("at").over(alike) - F.col("at")
        marks[f"{feature.name}_begins"] = (counts & F.coalesce(since >= span, F.lit(True))).cast("bigint")
        marks[f"{feature.name}_ceases"] = (counts & F.coalesce(until >= span, F.lit(True))).cast("bigint")
    return lambda rows: rows.withColumns(marks)


def distinct_term(feature: Feature) -> Term:
    """A distinct count as the total of its marks."""
    begins, ceases = F.col(f"{feature.name}_begins"), F.col(f"{feature.name}_ceases")
    return Term(feature.name, feature.name, feature.span, begins, ceases)


def with_first_seen(features: Sequence[Feature], partition: Sequence[str]) -> Transform:
    """Add for each feature whether its value was not seen within its span before."""
    added: dict[str, Column] = {}
    for feature in features:
        value = str(feature.value)
        seen_at = F.max(_at_where(feature)).over(before_this([*partition, value]))
        fresh = F.coalesce(F.col("at") - seen_at >= micros(feature.span), F.lit(True))
        added[feature.name] = F.when(F.col(value).isNotNull(), fresh)
    return lambda rows: rows.withColumns(added)


def with_previous(features: Sequence[Feature], partition: Sequence[str]) -> Transform:
    """Add for each feature the seconds since the event before, or the value that the event before carried."""
    latest: dict[str, Column] = {}
    for feature in features:
        latest[f"{feature.name}_at"] = F.max(_at_where(feature)).over(before_this(partition))
        if feature.kind == "previous":
            value = F.when(F.col(condition(feature)), F.col(str(feature.value)))
            latest[f"{feature.name}_value"] = F.last(value, ignorenulls=True).over(before_this(partition))
    added = {feature.name: _previous(feature) for feature in features}
    return lambda rows: rows.withColumns(latest).withColumns(added).drop(*latest)


def _at_where(feature: Feature) -> Column:
    counts = F.col(condition(feature))
    if feature.kind == "previous":
        counts = counts & F.col(str(feature.value)).isNotNull()
    return F.when(counts, F.col("at"))


def _previous(feature: Feature) -> Column:
    since = F.col("at") - F.col(f"{feature.name}_at")
    seconds = F.floor(since / 1_000_000).cast("bigint")
    answer = seconds if feature.kind == "seconds_since_previous" else F.col(f"{feature.name}_value")
    return F.when(since < micros(feature.span), answer)
