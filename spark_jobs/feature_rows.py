"""Events -> the narrow rows that features are computed from: keys, values, conditions and the two orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha1

from pyspark.sql import types as T

from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Layer, Transform, quoted
from spark_jobs.wide_sums import limb_names, limbs
from weir.feature import Feature

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
    values = sorted({feature.value for feature in features if feature.value and feature.kind == "sum"})
    return ["weight", *(name for value in values for name in limb_names(value))]


def to_feature_rows(features: Sequence[Feature], in_batch: bool) -> Transform:
    """Events (contract columns, occurred_at, seq, part) -> one narrow row each.

    `at`: microseconds since 1970; `weight`: how many events the row stands for; `<value>_high`, `<value>_low`:
    a summed value in two limbs; `holds_*`: the conditions.
    """

    def transform(events):  # noqa: ANN001, ANN202
        columns = {
            **ORDERS,
            "in_batch": str(in_batch).lower(),
            "weight": "1L",
            **{name: f"`{name}`" for name in identities(features)},
            **_limbs(features, events.schema),
            **conditions(features),
        }
        return events.selectExpr(*(f"{sql} as `{name}`" for name, sql in columns.items()))

    return transform


def key_hashes(groups: Iterable[KeyGroup]) -> Layer:
    """Each group's hash of its key, which is null where the key is; those rows go to tasks by their id."""
    return Layer(
        {
            group.hash: f"if({has_key(group.root)}, xxhash64({quoted(group.root)}), xxhash64({quoted(ROW_ID)}))"
            for group in groups
        }
    )


def has_key(key: Iterable[str]) -> str:
    """SQL of whether no part of the key is null."""
    return " and ".join(f"`{column}` is not null" for column in key)


def _limbs(features: Iterable[Feature], schema: T.StructType) -> dict[str, str]:
    values = sorted({feature.value for feature in features if feature.value and feature.kind == "sum"})
    return {
        name: limb
        for value in values
        for name, limb in zip(limb_names(value), limbs(f"`{value}`", schema[value].dataType), strict=True)
    }
