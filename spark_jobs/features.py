"""Exact as-of features: what had happened and had arrived when an event did. docs/features.md defines them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.extent import Extent, extent_of
from spark_jobs.feature_rows import ROW_ID, contract_column, set_apart, to_feature_rows
from spark_jobs.history import to_history_rows
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
from spark_jobs.sessions import open_chains
from weir.feature import Feature

# so many rows are sorted sooner in one task than they are moved between several
ONE_TASK = 100_000


def with_features(
    features: Sequence[Feature], history: DataFrame | None = None, extent: Extent | None = None
) -> Transform:
    """Events of one batch -> the same rows with a column for each feature, and `is_late`.

    events: the contract's columns, `occurred_at` timestamp, `seq` bigint and `part` int, together unique.
    history: earlier rows of scored/<domain>, of smaller `seq`; only days and keys that matter are read.
    extent: of the events, or of more than them where that is known already.
    `is_late`: an event that shares a feature's key arrived before this one and is later in time.
    Runs the windows at once (events are read several times: persist them) and keeps what they found with the
    returned frame; Spark lets go of it when that frame is garbage.
    """
    known = [set_apart(feature) for feature in features]
    groups = key_groups(known)

    def transform(events: DataFrame) -> DataFrame:
        if not known:
            return events.withColumn("is_late", F.lit(False))
        rows, few = _rows(groups, events, history, extent or extent_of(events))
        computed = rows.transform(
            with_layers(_windows(groups, "entry" in rows.columns, few))
        ).localCheckpoint()
        found = computed.where("in_batch").withColumn("is_late", _late_for_history(groups))
        for group in _disordered_groups(groups, computed):
            found = found.transform(_without_unseen(group, computed))
        answers = [
            f"{answer(feature, events.schema)} as `{contract_column(feature.name)}`" for feature in known
        ]
        found = found.selectExpr(*ROW_ID, *answers, "is_late")
        return events.join(F.broadcast(found) if few else found, [*ROW_ID]).select(
            *events.columns, *(feature.name for feature in features), "is_late"
        )

    return transform


def _rows(
    groups: Sequence[KeyGroup], events: DataFrame, history: DataFrame | None, extent: Extent
) -> tuple[DataFrame, bool]:
    """The feature rows of the batch with those of the history that matter, and whether they are few: in one task."""
    few = extent.events <= ONE_TASK
    rows = (events.coalesce(1) if few else events).transform(to_feature_rows(groups))
    if history is not None and extent.first:
        earlier = history.transform(to_history_rows(groups, rows, extent.first))
        rows = rows.unionByName(earlier, allowMissingColumns=True)
    if not few:
        return rows, False
    kept = rows.localCheckpoint()
    few = kept.count() <= ONE_TASK
    return kept.coalesce(1) if few else kept, few


def _windows(groups: Sequence[KeyGroup], has_history: bool, few: bool) -> list[Layer]:
    layers: list[Layer] = []
    for group in groups:
        if not few:
            layers.append(Layer(together=group.hash))
        if has_history:
            layers += open_chains(group.features, [*group.partition, "entry"])
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
