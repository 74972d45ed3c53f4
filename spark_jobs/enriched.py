"""Events with what reference lists say of them, as of the time they happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.layers import Transform
from weir.enrichment import Enrichment
from weir.error import WeirError


def with_enrichments(enrichments: Iterable[Enrichment], references: Mapping[str, DataFrame]) -> Transform:
    """Events -> the same with a boolean column for each enrichment, null where the event has no value.

    references: list name -> rows (value, listed_at, delisted_at); case does not count. A value is listed at
    `occurred_at` when in any of its rows listed_at is null or not later, and delisted_at is null or later.
    Raises WeirError when an enrichment's list is not given.
    """
    wanted = tuple(enrichments)
    for enrichment in wanted:
        if enrichment.list not in references:
            raise WeirError(f"{enrichment.name} looks in the list '{enrichment.list}', which is not loaded")

    def transform(events: DataFrame) -> DataFrame:
        for enrichment in wanted:
            events = events.transform(_with_enrichment(enrichment, references[enrichment.list]))
        return events

    return transform


def _with_enrichment(enrichment: Enrichment, reference: DataFrame) -> Transform:
    def transform(events: DataFrame) -> DataFrame:
        columns = events.columns
        joined = events.withColumn("_value", F.lower(enrichment.column)).join(
            F.broadcast(_spans_of(reference)), "_value", "left"
        )
        known = F.when(F.col(enrichment.column).isNotNull(), F.coalesce(_is_listed(), F.lit(False)))
        return joined.withColumn(enrichment.name, known).select(*columns, enrichment.name)

    return transform


def _spans_of(reference: DataFrame) -> DataFrame:
    """One row a value, however often the list has it, so that no event is multiplied."""
    span = F.struct("listed_at", "delisted_at")
    return reference.groupBy(F.lower("value").alias("_value")).agg(F.collect_set(span).alias("_spans"))


def _is_listed() -> Column:
    when = F.col("occurred_at")
    return F.exists(
        "_spans",
        lambda span: (
            F.coalesce(span["listed_at"] <= when, F.lit(True))
            & F.coalesce(span["delisted_at"] > when, F.lit(True))
        ),
    )
