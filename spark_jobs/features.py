"""Exact as-of features: what had happened and had arrived when an event did. docs/features.md defines them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.extent import Extent, extent_of
from spark_jobs.feature_rows import ROW_ID, contract_column, set_apart, to_feature_rows
from spark_jobs.feature_windows import answer, with_windows
from spark_jobs.history import to_history_rows
from spark_jobs.key_groups import key_groups
from spark_jobs.layers import Transform
from weir.feature import Feature


def earlier_rows(features: Sequence[Feature], history: DataFrame, extent: Extent | None = None) -> Transform:
    """Events of a batch -> what their features have to know of earlier ones, for with_features.

    history: earlier rows of scored/<domain>, of smaller `seq`; only days and keys that matter are read.
    The events may be more than those that features are asked for. extent: of the events, where it is known already.
    """
    groups = key_groups([set_apart(feature) for feature in features])

    def transform(events: DataFrame) -> DataFrame:
        if not groups:
            return events.limit(0)
        rows, size = events.transform(to_feature_rows(groups)), extent or extent_of(events)
        if not size.first:
            return rows.limit(0)
        return history.transform(to_history_rows(groups, rows, size.first))

    return transform


def with_features(
    features: Sequence[Feature], earlier: DataFrame | None = None, extent: Extent | None = None
) -> Transform:
    """Events of one batch -> the same rows with a column for each feature, and `is_late`.

    events: the contract's columns, `occurred_at` timestamp, `seq` bigint and `part` int, together unique; they are
    read several times: persist them. earlier: their earlier_rows; extent: of the events, or of more than them,
    where it is known already.
    `is_late`: an event that shares a feature's key arrived before this one and is later in time.
    """
    known = [set_apart(feature) for feature in features]
    groups = key_groups(known)

    def transform(events: DataFrame) -> DataFrame:
        if not known:
            return events.withColumn("is_late", F.lit(False))
        rows = events.transform(to_feature_rows(groups))
        if earlier is not None:
            rows = rows.unionByName(earlier, allowMissingColumns=True)
        answers = [f"{answer(one, events.schema)} as `{contract_column(one.name)}`" for one in known]
        windows = with_windows(groups, extent or extent_of(events))
        found = rows.transform(windows).selectExpr(*ROW_ID, *answers, "is_late")
        return events.join(found, [*ROW_ID]).select(
            *events.columns, *(feature.name for feature in features), "is_late"
        )

    return transform
