"""All features of one key group, as windows over rows that one shuffle brought together."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_jobs.feature_rows import has_key
from spark_jobs.key_groups import KeyGroup
from spark_jobs.occurrences import distinct_term, with_distinct_marks, with_first_seen, with_previous
from spark_jobs.running_totals import Term, Transform, term_name, terms_of, with_totals
from spark_jobs.sessions import with_session
from spark_jobs.wide_sums import limb_names, whole
from weir.feature import Feature

# window totals of what is not seen can be taken away again; every other kind is computed anew
ADDITIVE = ("count", "sum")
PREVIOUS = ("seconds_since_previous", "previous")
SESSIONS = ("session_count", "session_seconds")


def additive_terms(features: Sequence[Feature]) -> tuple[Term, ...]:
    return tuple(term for feature in features if feature.kind in ADDITIVE for term in terms_of(feature))


def with_additive(group: KeyGroup, partition: Sequence[str]) -> Transform:
    """Add the terms of the group's counts and sums; `partition` holds the rows of one key of the root."""

    def transform(rows: DataFrame) -> DataFrame:
        for rest, features in group.by_key().items():
            rows = rows.transform(with_totals(additive_terms(features), [*partition, *rest]))
        return rows

    return transform


def with_others(group: KeyGroup, partition: Sequence[str]) -> Transform:
    """Add the group's features of all other kinds, final but for the null of a null key."""

    def transform(rows: DataFrame) -> DataFrame:
        for rest, features in group.by_key().items():
            rows = rows.transform(_with_others_of_key(features, [*partition, *rest]))
        return rows

    return transform


def other_names(group: KeyGroup) -> list[str]:
    return [feature.name for feature in group.features if feature.kind not in ADDITIVE]


def answer(feature: Feature, types: T.StructType) -> Column:
    """A feature of rows that hold its terms, or itself -> its value; null where a part of its key is null.

    types: the schema of the events, which names the type of a summed column.
    """
    if feature.kind == "count":
        value = F.col(term_name(feature, "weight"))
    elif feature.kind == "sum":
        high, low = (F.col(term_name(feature, limb)) for limb in limb_names(str(feature.value)))
        value = whole(high, low, types[str(feature.value)].dataType)
    else:
        value = F.col(feature.name)
    return F.when(has_key(feature.key), value).alias(feature.name)


def _with_others_of_key(features: Sequence[Feature], partition: Sequence[str]) -> Transform:
    def transform(rows: DataFrame) -> DataFrame:
        distinct = _of(features, "distinct")
        if distinct:
            rows = rows.transform(with_distinct_marks(distinct, partition))
            rows = rows.transform(with_totals(map(distinct_term, distinct), partition))
        if first_seen := _of(features, "is_first_seen"):
            rows = rows.transform(with_first_seen(first_seen, partition))
        if previous := _of(features, *PREVIOUS):
            rows = rows.transform(with_previous(previous, partition))
        for feature in _of(features, *SESSIONS):
            rows = rows.transform(with_session(feature, partition))
        return rows

    return transform


def _of(features: Sequence[Feature], *kinds: str) -> list[Feature]:
    return [feature for feature in features if feature.kind in kinds]
