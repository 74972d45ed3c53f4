"""Events -> the narrow rows that features are computed from: keys, values, conditions and the two orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Layer, Transform, quoted
from spark_jobs.wide_sums import limb_names, limbs
from weir.feature import Feature

PREFIX = "of_"
ROW_ID = ("seq", "part")
# rows of one key in the order of time: arrival settles ties
TIME_ORDER = ("at", *ROW_ID)
ORDERS = {"at": "unix_micros(occurred_at)", "seq": "seq", "part": "part"}


def micros(span: timedelta) -> str:
    """A span -> microseconds as a literal of type bigint."""
    return f"{span // timedelta(microseconds=1)}L"


def condition(feature: Feature) -> str:
    """The boolean column that holds whether a row satisfies the feature's `where`."""
    return f"holds_{sha1((feature.where or '').encode()).hexdigest()[:8]}"


def conditions(features: Iterable[Feature]) -> dict[str, str]:
    """{column: SQL of whether `where` is true}; a `where` that is null does not hold."""
    return {
        condition(feature): f"coalesce({feature.where}, false)" if feature.where else "true"
        for feature in features
    }


def identities(features: Iterable[Feature]) -> list[str]:
    """The contract's columns that are compared for equality: keys, and the values of all kinds but sums."""
    known = [*features]
    keys = {column for feature in known for column in feature.key}
    return sorted(keys | {feature.value for feature in known if feature.value and feature.kind != "sum"})


def addends(features: Iterable[Feature]) -> list[str]:
    """The columns that add up when rows are merged: the weight, and both limbs of each summed value."""
    return ["weight", *(name for value in summed(features) for name in limb_names(value))]


def set_apart(feature: Feature) -> Feature:
    """The feature over the names its columns have among feature rows, where a contract's `level` or `run` clashes."""
    key = tuple(f"{PREFIX}{column}" for column in feature.key)
    return replace(feature, key=key, value=feature.value and f"{PREFIX}{feature.value}")


def contract_column(name: str) -> str:
    """A column of feature rows -> the event's column it is."""
    return name.removeprefix(PREFIX)


def to_feature_rows(features: Sequence[Feature], in_batch: bool) -> Transform:
    """Events (contract columns, occurred_at, seq, part) -> one narrow row each; the features are set apart.

    `at`: microseconds since 1970; `weight`: how many events the row stands for; `<value>_high`, `<value>_low`:
    a summed value in two limbs; `holds_*`: the conditions.
    """

    def transform(events: DataFrame) -> DataFrame:
        columns = {
            **ORDERS,
            "in_batch": str(in_batch).lower(),
            "weight": "1L",
            **{name: f"`{contract_column(name)}`" for name in identities(features)},
            **_limbs(features, events.schema),
            **conditions(features),
        }
        return events.selectExpr(*(f"{sql} as `{name}`" for name, sql in columns.items()))

    return transform


def key_hashes(groups: Iterable[KeyGroup]) -> Layer:
    """Each group's hash of its key; where that is null, of the row's id, so that no task gets all such rows."""
    hashes = {
        group.hash: f"if({has_key(group.root)}, xxhash64({quoted(group.root)}), xxhash64({quoted(ROW_ID)}))"
        for group in groups
    }
    return Layer(hashes)


def has_key(key: Iterable[str]) -> str:
    """SQL of whether no part of the key is null."""
    return " and ".join(f"`{column}` is not null" for column in key)


def summed(features: Iterable[Feature]) -> list[str]:
    return sorted({feature.value for feature in features if feature.value and feature.kind == "sum"})


def _limbs(features: Iterable[Feature], schema: T.StructType) -> dict[str, str]:
    columns: dict[str, str] = {}
    for value in summed(features):
        column = contract_column(value)
        columns |= zip(limb_names(value), limbs(f"`{column}`", schema[column].dataType), strict=True)
    return columns
