"""Exact as-of features: what had happened and had arrived when an event did. docs/features.md defines them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.feature_rows import ROW_ID, key_hashes, to_feature_rows
from spark_jobs.history import history_for, to_merged
from spark_jobs.key_groups import KeyGroup, key_groups
from spark_jobs.key_windows import ADDITIVE, answer, found_columns, windows_of
from spark_jobs.late_events import (
    disorder,
    filter_disordered,
    late_for_history,
    overtaken,
    to_retold,
    to_unseen_totals,
)
from spark_jobs.layers import Layer, Transform, with_layers
from weir.feature import Feature

__all__ = ["history_for", "with_features"]


def with_features(features: Sequence[Feature], history: DataFrame | None) -> Transform:
    """Events of one batch -> the same rows with a column for each feature, and `is_late`.

    events: the contract's columns, `occurred_at` timestamp, `seq` bigint and `part` int, together unique.
    history: earlier scored rows with the same columns and smaller `seq`: all, or what `history_for` keeps.
    `is_late`: an event that shares a feature's key arrived before this one and is later in time.
    Runs the windows at once (events are read several times: persist them) and keeps what they found with the
    returned frame; Spark lets go of it when that frame is garbage.
    """

    def transform(events: DataFrame) -> DataFrame:
        groups = key_groups(features)
        rows = events.transform(to_feature_rows(features, in_batch=True))
        if history is not None:
            earlier = history.transform(to_feature_rows(features, in_batch=False))
            rows = rows.unionByName(earlier.transform(to_merged(groups, rows)))
        computed = rows.transform(with_layers(_windows(groups, history is not None))).localCheckpoint()
        found = computed.where("in_batch").withColumn("is_late", _late_for_history(groups))
        for group in _disordered_groups(groups, computed):
            found = found.transform(_without_unseen(group, computed))
        answers = [f"{answer(feature, events.schema)} as `{feature.name}`" for feature in features]
        return events.join(found.selectExpr(*ROW_ID, *answers, "is_late"), [*ROW_ID]).select(
            *events.columns, *(feature.name for feature in features), "is_late"
        )

    return transform


def _windows(groups: Sequence[KeyGroup], has_history: bool) -> list[Layer]:
    layers = [key_hashes(groups)]
    for group in groups:
        layers.append(Layer(together=group.hash))
        layers += windows_of(group, group.partition, disorder(group, has_history))
    return layers


def _late_for_history(groups: Sequence[KeyGroup]) -> Column:
    return F.expr(" or ".join(f"`{late_for_history(group)}`" for group in groups))


def _disordered_groups(groups: Sequence[KeyGroup], computed: DataFrame) -> list[KeyGroup]:
    """The key groups in which an event was overtaken: mostly none, and then nothing more is computed."""
    flags = computed.agg(*(F.bool_or(overtaken(group)) for group in groups)).head()
    return [group for group, is_disordered in zip(groups, flags or (), strict=True) if is_disordered]


def _without_unseen(group: KeyGroup, computed: DataFrame) -> Transform:
    """Put right what one group's windows counted although it had not arrived, and mark what was late."""
    disordered = computed.transform(filter_disordered(group)).localCheckpoint()
    additive = group.only(lambda feature: feature.kind in ADDITIVE)
    others = group.only(lambda feature: feature.kind not in ADDITIVE)

    def transform(found: DataFrame) -> DataFrame:
        late = disordered.where("is_late").select(*ROW_ID, "is_late")
        found = _merged(found, late, ["is_late"], "{old} or coalesce({new}, false)")
        if additive.features:
            unseen = disordered.transform(to_unseen_totals(additive))
            found = _merged(found, unseen, found_columns(additive.features), "{old} - coalesce({new}, 0)")
        if others.features:
            retold = computed.transform(to_retold(others, disordered))
            found = _merged(found, retold, found_columns(others.features), "if({has}, {new}, {old})")
        return found

    return transform


def _merged(found: DataFrame, other: DataFrame, names: Sequence[str], rule: str) -> DataFrame:
    """Replace columns by SQL over theirs ({old}) and the other frame's ({new}) of the row, if there ({has})."""
    renamed = other.select(*ROW_ID, F.struct(*names).alias("other"))
    columns = {
        name: rule.format(old=f"`{name}`", new=f"other.`{name}`", has="other is not null") for name in names
    }
    changed = Layer(columns, without=[*names, "other"])
    return found.join(renamed, [*ROW_ID], "left").transform(with_layers([changed]))
