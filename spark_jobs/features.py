"""Exact as-of features: what had happened and had arrived when an event did. The contract is docs/features.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.feature_rows import ROW_ID, to_feature_rows, with_key_hashes
from spark_jobs.history import history_for
from spark_jobs.key_groups import KeyGroup, key_groups
from spark_jobs.key_windows import additive_terms, answer, other_names, with_additive, with_others
from spark_jobs.late_events import (
    filter_disordered,
    late_for_history,
    overtaken,
    to_retold,
    to_unseen_totals,
    with_disorder,
)
from weir.feature import Feature

__all__ = ["history_for", "with_features"]

Transform = Callable[[DataFrame], DataFrame]


def with_features(features: Sequence[Feature], history: DataFrame | None) -> Transform:
    """Events of one batch -> the same rows with a column for each feature, and `is_late`.

    events: the contract's columns, `occurred_at` timestamp, `seq` bigint and `part` int, which together are unique.
    history: earlier scored rows with the same columns and smaller `seq`, all of them or what `history_for` keeps.
    `is_late`: an event that shares the key of a feature arrived before this one and is later in time.
    Runs the windows at once (events are read several times: persist them) and keeps what they found with the returned
    frame; Spark lets go of it when that frame is garbage.
    """

    def transform(events: DataFrame) -> DataFrame:
        groups = key_groups(features)
        rows = events.transform(to_feature_rows(features, in_batch=True))
        if history is not None:
            rows = rows.unionByName(history.transform(to_feature_rows(features, in_batch=False)))
        computed = (
            rows.transform(with_key_hashes(features)).transform(_with_windows(groups)).localCheckpoint()
        )
        found = computed.where("in_batch").withColumn("is_late", _late_for_history(groups))
        for group in _disordered_groups(groups, computed):
            found = found.transform(_with_unseen_removed(group, computed))
        answers = [answer(feature, events.schema) for feature in features]
        return events.join(found.select(*ROW_ID, *answers, "is_late"), [*ROW_ID]).select(
            *events.columns, *(feature.name for feature in features), "is_late"
        )

    return transform


def _with_windows(groups: Sequence[KeyGroup]) -> Transform:
    def transform(rows: DataFrame) -> DataFrame:
        for group in groups:
            rows = (
                rows.repartition(group.partition[0])
                .transform(with_disorder(group))
                .transform(with_additive(group, group.partition))
                .transform(with_others(group, group.partition))
            )
        return rows

    return transform


def _late_for_history(groups: Sequence[KeyGroup]) -> Column:
    late = F.lit(False)
    for group in groups:
        late = late | F.col(late_for_history(group))
    return late


def _disordered_groups(groups: Sequence[KeyGroup], computed: DataFrame) -> list[KeyGroup]:
    """The key groups in which an event was overtaken: mostly none, and then nothing more is computed."""
    any_overtaken = [F.coalesce(F.bool_or(overtaken(group)), F.lit(False)) for group in groups]
    flags = computed.agg(*any_overtaken).head()
    return [group for group, is_disordered in zip(groups, flags or (), strict=True) if is_disordered]


def _with_unseen_removed(group: KeyGroup, computed: DataFrame) -> Transform:
    """Put right what one group's windows counted although it had not arrived, and mark what was late."""
    disordered = computed.transform(filter_disordered(group)).localCheckpoint()
    late = disordered.where("is_late").select(*ROW_ID, F.lit(True).alias("is_late_here"))

    def transform(found: DataFrame) -> DataFrame:
        found = found.join(late, [*ROW_ID], "left")
        found = found.withColumn("is_late", F.col("is_late") | F.coalesce("is_late_here", F.lit(False))).drop(
            "is_late_here"
        )
        found = _minus(
            found,
            disordered.transform(to_unseen_totals(group)),
            [t.name for t in additive_terms(group.features)],
        )
        return _instead(found, computed.transform(to_retold(group, disordered)), other_names(group))

    return transform


def _minus(found: DataFrame, unseen: DataFrame, names: Sequence[str]) -> DataFrame:
    """Subtract the other frame's columns of these names, by row; a row it lacks stays as it is."""
    if not names:
        return found
    renamed = unseen.select(*ROW_ID, *(F.col(name).alias(f"unseen_{name}") for name in names))
    kept = {name: F.col(name) - F.coalesce(f"unseen_{name}", F.lit(0)) for name in names}
    return (
        found.join(renamed, [*ROW_ID], "left").withColumns(kept).drop(*(f"unseen_{name}" for name in names))
    )


def _instead(found: DataFrame, retold: DataFrame, names: Sequence[str]) -> DataFrame:
    """Take the other frame's columns of these names, by row; a row it lacks stays as it is."""
    if not names:
        return found
    renamed = retold.select(*ROW_ID, F.struct(*names).alias("retold"))
    kept = {
        name: F.when(F.col("retold").isNotNull(), F.col(f"retold.{name}")).otherwise(F.col(name))
        for name in names
    }
    return found.join(renamed, [*ROW_ID], "left").withColumns(kept).drop("retold")
