"""Counts and sums over a window of time: the total so far minus the total as it was a window ago.

Spark's own range frame adds up the whole window anew for every row; two growing frames touch each row once,
and one sort serves them all because the row frame, whose order is finer, comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from spark_jobs.feature_rows import condition
from spark_jobs.frames import older_than, up_to_this
from spark_jobs.wide_sums import limb_names
from weir.feature import Feature


@dataclass(frozen=True, slots=True)
class Term:
    """A window total: each row adds `arrives` when it comes and takes `leaves` away once it is `span` old.

    Terms of the same `arrives` share one running total, named `total`.
    """

    name: str
    total: str
    span: timedelta
    arrives: str
    leaves: str


def term_names(feature: Feature) -> tuple[str, ...]:
    """The columns that a count or sum is made from: itself, or one for each limb."""
    return (feature.name,) if feature.kind == "count" else limb_names(feature.name)


def terms_of(feature: Feature) -> tuple[Term, ...]:
    """A count or sum -> the totals it is made from."""
    holds = condition(feature)
    columns = ("weight",) if feature.kind == "count" else limb_names(str(feature.value))
    return tuple(
        Term(name, f"total_{column}_{holds}", feature.span, addend, addend)
        for name, column in zip(term_names(feature), columns, strict=True)
        for addend in (f"if({holds}, `{column}`, null)",)
    )


def totals_so_far(terms: Iterable[Term], partition: Sequence[str]) -> dict[str, str]:
    return {term.total: f"sum({term.arrives}) {up_to_this(partition)}" for term in terms}


def totals_left(terms: Iterable[Term], partition: Sequence[str]) -> dict[str, str]:
    return {_left(term): f"sum({term.leaves}) {older_than(partition, term.span)}" for term in terms}


def totals_inside(terms: Iterable[Term]) -> dict[str, str]:
    """What is in the window: what came so far, less what has left; 0 of none."""
    return {term.name: f"coalesce(`{term.total}`, 0) - coalesce(`{_left(term)}`, 0)" for term in terms}


def _left(term: Term) -> str:
    return f"{term.name}_left"
