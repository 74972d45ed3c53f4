"""Counts and sums over a window of time: the total so far minus the total as it was a window ago.

Spark's own range frame adds up the whole window anew for every row; two growing frames touch each row once, and one
sort serves them all because the row frame, whose order is finer, is asked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from spark_jobs.feature_rows import TIME_ORDER, condition, micros
from spark_jobs.wide_sums import limb_names
from weir.feature import Feature

Transform = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True, slots=True)
class Term:
    """A window total: each row adds `arrives` when it comes and takes `leaves` away once it is `span` old.

    Terms that share `source` share one running total.
    """

    name: str
    source: str
    span: timedelta
    arrives: Column
    leaves: Column

    @property
    def total(self) -> str:
        return f"total_{self.source}"


def up_to_this(partition: Sequence[str]) -> WindowSpec:
    """The rows of the partition up to this one in time order, this one included."""
    return in_time_order(partition).rowsBetween(Window.unboundedPreceding, Window.currentRow)


def before_this(partition: Sequence[str]) -> WindowSpec:
    """The rows of the partition before this one in time order."""
    return in_time_order(partition).rowsBetween(Window.unboundedPreceding, -1)


def in_time_order(partition: Sequence[str]) -> WindowSpec:
    return Window.partitionBy(*partition).orderBy(*TIME_ORDER)


def older_than(partition: Sequence[str], span: timedelta) -> WindowSpec:
    """The rows of the partition that are at least `span` older than this one: its window's start is exclusive."""
    return Window.partitionBy(*partition).orderBy("at").rangeBetween(Window.unboundedPreceding, -micros(span))


def terms_of(feature: Feature) -> tuple[Term, ...]:
    """A count or sum -> the totals it is made from; a sum has one for each limb."""
    holds = condition(feature)
    addends = ("weight",) if feature.kind == "count" else limb_names(str(feature.value))
    return tuple(
        Term(term_name(feature, addend), f"{addend}_{holds}", feature.span, value, value)
        for addend in addends
        for value in (F.when(F.col(holds), F.col(addend)),)
    )


def term_name(feature: Feature, addend: str) -> str:
    return f"{feature.name}_of_{addend}"


def with_totals(terms: Iterable[Term], partition: Sequence[str]) -> Transform:
    """Add a column for each term: its total over the rows up to this one that are younger than its span."""
    known = tuple(terms)

    def transform(rows: DataFrame) -> DataFrame:
        running = {term.total: F.sum(term.arrives).over(up_to_this(partition)) for term in known}
        left = {term.name: F.sum(term.leaves).over(older_than(partition, term.span)) for term in known}
        inside = {term.name: _minus(F.col(term.total), F.col(term.name)) for term in known}
        return (
            rows.withColumns(running).withColumns(left).withColumns(inside).drop(*running) if known else rows
        )

    return transform


def _minus(total: Column, left: Column) -> Column:
    zero = F.lit(0)
    return F.coalesce(total, zero) - F.coalesce(left, zero)
