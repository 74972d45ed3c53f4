"""Events -> the narrow rows that features are computed from: keys, values, conditions and the two orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Layer, Transform, quoted, with_layers
from spark_jobs.wide_sums import limb_names, limbs
from weir.feature import SESSIONS, Feature

PREFIX = "of_"
ROW_ID = ("seq", "part")
ORDERS = {"at": "unix_micros(occurred_at)", "seq": "seq", "part": "part"}


def micros(span: timedelta) -> str:
    """A span -> microseconds as a literal of type bigint."""
    return f"{span // timedelta(microseconds=1)}L"


def condition(feature: Feature) -> str:
    """The boolean column that holds whether a row satisfies the feature's `where`.

    Sessions have columns of their own: the history keeps for them what it merges for the others.
    """
    role = "chains" if feature.kind in SESSIONS else "holds"
    return f"{role}_{sha1((feature.where or '').encode()).hexdigest()[:8]}"


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
    """The feature over the names used among feature rows, where a contract's `level` or `run` would clash."""
    key = tuple(f"{PREFIX}{column}" for column in feature.key)
    value = feature.value and f"{PREFIX}{feature.value}"
    return replace(feature, name=f"{PREFIX}{feature.name}", key=key, value=value)


def contract_column(name: str) -> str:
    """A column of feature rows -> the event's column, or the feature, that it is."""
    return name.removeprefix(PREFIX)


def to_feature_rows(groups: Sequence[KeyGroup]) -> Transform:
    """Events of a batch (contract columns, occurred_at, seq, part) -> one narrow row each, with its groups' hashes."""
    features = [feature for group in groups for feature in group.features]

    def transform(events: DataFrame) -> DataFrame:
        columns = {**feature_columns(features, events.schema), "in_batch": "true", "is_late": "false"}
        return events.selectExpr(*(f"{sql} as `{name}`" for name, sql in columns.items())).transform(
            with_layers([Layer({group.hash: key_hash(group, has_key(group.root)) for group in groups})])
        )

    return transform


def feature_columns(
    features: Sequence[Feature], schema: T.StructType, keys: Iterable[str] = ()
) -> dict[str, str]:
    """Features, set apart -> {column: SQL over the events of that schema} of what they are computed from.

    `at`: microseconds since 1970; `weight`: how many events the row stands for; `<value>_high`, `<value>_low`:
    a summed value in two limbs; `holds_*`, `chains_*`: the conditions. keys: other columns to have.
    """
    compared = dict.fromkeys([*keys, *identities(features)])
    return {
        **ORDERS,
        "weight": "1L",
        **{name: f"`{contract_column(name)}`" for name in compared},
        **_limbs(features, schema),
        **conditions(features),
    }


def key_hash(group: KeyGroup, is_member: str) -> str:
    """SQL of a row's task: even for the group's members, odd for all others, so that no window takes one for another.

    The others go by their ids, so that no task gets all of them.
    """
    key, row = (f"shiftleft(xxhash64({quoted(names)}), 1)" for names in (group.root, ROW_ID))
    return f"if({is_member}, {key}, {row} | 1)"


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
