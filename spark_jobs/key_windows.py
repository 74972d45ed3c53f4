"""All features of one key group, as layers of windows over rows that one shuffle brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pyspark.sql import types as T

from spark_jobs.feature_rows import contract_column, has_key
from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Layer
from spark_jobs.occurrences import distinct_marks, distinct_term, first_seen, previous, previous_event
from spark_jobs.running_totals import (
    Term,
    term_names,
    terms_of,
    totals_inside,
    totals_left,
    totals_so_far,
)
from spark_jobs.sessions import (
    session,
    session_cuts,
    session_neighbours,
    session_starts,
)
from spark_jobs.wide_sums import whole
from weir.feature import SESSIONS, Feature

# what an event had not seen can be taken away from its totals; every other kind is computed anew
ADDITIVE = ("count", "sum")
PREVIOUS = ("seconds_since_previous", "previous")
KeyColumns = Callable[[Feature, Sequence[str]], Mapping[str, str]]


def windows_of(
    group: KeyGroup, partition: Sequence[str], beside: Mapping[str, str] | None = None
) -> list[Layer]:
    """A group -> the layers that add its features; `partition` holds the rows of one key of the root.

    Counts and sums end as their terms, the other kinds as themselves but for the null of a null key.
    beside: columns to add where the root's rows are in the order of time.
    """
    layers: list[Layer] = []
    for rest, features in group.by_key().items():
        layers += _windows_of_key(features, [*partition, *rest], {} if layers else beside or {})
    return layers


def found_columns(features: Iterable[Feature]) -> list[str]:
    """The columns that `windows_of` adds for these features."""
    return [
        name
        for feature in features
        for name in (term_names(feature) if feature.kind in ADDITIVE else (feature.name,))
    ]


def answer(feature: Feature, schema: T.StructType) -> str:
    """A feature -> SQL of its value over `found_columns`; null where a part of its key is null.

    schema: the events', which tells the type of a summed column.
    """
    value = f"`{feature.name}`"
    if feature.kind == "sum":
        high, low = (f"`{name}`" for name in term_names(feature))
        value = whole(high, low, schema[contract_column(str(feature.value))].dataType)
    return f"if({has_key(feature.key)}, {value}, null)"


def _windows_of_key(
    features: Sequence[Feature], partition: Sequence[str], beside: Mapping[str, str]
) -> list[Layer]:
    """Bottom up: what neighbours of the same value tell, what came so far, what is open, what has left."""
    terms = [*_terms(features)]
    marks = _each(_of(features, "distinct"), partition, distinct_marks)
    seen = _each(_of(features, "is_first_seen"), partition, first_seen)
    before = _each(_of(features, *PREVIOUS), partition, previous_event)
    neighbours = _each(_of(features, *SESSIONS), partition, session_neighbours)
    starts = _each(_of(features, *SESSIONS), partition, session_starts)
    so_far = {**totals_so_far(terms, partition), **before, **neighbours}
    left = {**totals_left(terms, partition), **_each(_of(features, *SESSIONS), partition, session_cuts)}
    found = {**totals_inside(terms), **_answers(features)}
    used = sorted({*marks, *so_far, *starts, *left})
    steps = [{**marks, **seen}, {**so_far, **beside}, starts, left]
    return [*(Layer(step) for step in steps if step), Layer(found, without=used)]


def _terms(features: Sequence[Feature]) -> Iterable[Term]:
    for feature in _of(features, *ADDITIVE):
        yield from terms_of(feature)
    for feature in _of(features, "distinct"):
        yield distinct_term(feature)


def _answers(features: Sequence[Feature]) -> dict[str, str]:
    previous_ones = [previous(feature) for feature in _of(features, *PREVIOUS)]
    sessions = [session(feature) for feature in _of(features, *SESSIONS)]
    return {name: sql for columns in (*previous_ones, *sessions) for name, sql in columns.items()}


def _each(features: Sequence[Feature], partition: Sequence[str], columns: KeyColumns) -> dict[str, str]:
    return {name: sql for feature in features for name, sql in columns(feature, partition).items()}


def _of(features: Sequence[Feature], *kinds: str) -> list[Feature]:
    return [feature for feature in features if feature.kind in kinds]
