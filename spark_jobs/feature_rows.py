"""Events -> the narrow rows that features are computed from: keys, values, conditions and the two orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import sha1

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_jobs.key_groups import key_groups
from spark_jobs.wide_sums import limb_names, limbs
from weir.feature import Feature

MICROSECOND = timedelta(microseconds=1)
ROW_ID = ("seq", "part")
# rows of one key in the order of time: arrival settles ties
TIME_ORDER = ("at", "seq", "part")


def micros(span: timedelta) -> int:
    return span // MICROSECOND


def condition(feature: Feature) -> str:
    """The boolean column that holds whether a row satisfies the feature's `where`."""
    return f"holds_{sha1((feature.where or '').encode()).hexdigest()[:8]}"


def condition_columns(features: Sequence[Feature]) -> dict[str, Column]:
    """{column: whether `where` is true}; a `where` that is null does not hold."""
    return {
        condition(feature): F.coalesce(F.expr(feature.where), F.lit(False)) if feature.where else F.lit(True)
        for feature in features
    }


def identity_columns(features: Sequence[Feature]) -> list[str]:
    """The contract's columns that are compared for equality: keys, and the values of all kinds but sums."""
    keys = {column for feature in features for column in feature.key}
    values = {feature.value for feature in features if feature.value and feature.kind != "sum"}
    return sorted(keys | values)


def summed_columns(features: Sequence[Feature]) -> list[str]:
    return sorted({feature.value for feature in features if feature.value and feature.kind == "sum"})


def to_feature_rows(features: Sequence[Feature], in_batch: bool) -> Callable[[DataFrame], DataFrame]:
    """Events (contract columns, occurred_at, seq, part) -> one narrow row each.

    `at`: microseconds since 1970; `weight`: how many events the row stands for; `<value>_high`, `<value>_low`: a
    summed value in two limbs; `holds_*`: the conditions.
    """

    def transform(events: DataFrame) -> DataFrame:
        return events.select(
            F.unix_micros("occurred_at").alias("at"),
            *ROW_ID,
            F.lit(in_batch).alias("in_batch"),
            F.lit(1).cast("bigint").alias("weight"),
            *identity_columns(features),
            *(column.alias(name) for name, column in _limb_columns(features, events.schema).items()),
            *(column.alias(name) for name, column in condition_columns(features).items()),
        )

    return transform


def with_key_hashes(features: Sequence[Feature]) -> Callable[[DataFrame], DataFrame]:
    """Add each key group's `<group>_hash`; rows without the key are scattered, not piled on one task."""
    hashes = {
        group.partition[0]: F.when(has_key(group.root), F.xxhash64(*group.root)).otherwise(
            F.xxhash64(*ROW_ID)
        )
        for group in key_groups(features)
    }
    return lambda rows: rows.withColumns(hashes)


def has_key(key: Sequence[str]) -> Column:
    """Whether no part of the key is null."""
    known = F.col(key[0]).isNotNull()
    for column in key[1:]:
        known = known & F.col(column).isNotNull()
    return known


def _limb_columns(features: Sequence[Feature], schema: T.StructType) -> dict[str, Column]:
    return {
        name: limb
        for value in summed_columns(features)
        for name, limb in zip(limb_names(value), limbs(F.col(value), schema[value].dataType), strict=True)
    }
