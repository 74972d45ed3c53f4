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


def with_features(
    features: Sequence[Feature], history: DataFrame | None = None, extent: Extent | None = None
) -> Transform:
    """Events of one batch -> the same rows with a column for each feature, and `is_late`.

    events: the contract's columns, `occurred_at` timestamp, `seq` bigint and `part` int, together unique; they are
    read several times: persist them. history: earlier rows of scored/<domain>, of smaller `seq`; only days and keys
    that matter are read. extent: of the events, or of more than them where that is known already.
    `is_late`: an event that shares a feature's key arrived before this one and is later in time.
    """
    known = [set_apart(feature) for feature in features]
    groups = key_groups(known)

    def transform(events: DataFrame) -> DataFrame:
        if not known:
            return events.withColumn("is_late", F.lit(False))
        size = extent or extent_of(events)
        rows = events.transform(to_feature_rows(groups))
        if history is not None and size.first:
            earlier = history.transform(to_history_rows(groups, rows, size.first))
            rows = rows.unionByName(earlier, allowMissingColumns=True)
        answers = [f"{answer(one, events.schema)} as `{contract_column(one.name)}`" for one in known]
        found = rows.transform(with_windows(groups, size)).selectExpr(*ROW_ID, *answers, "is_late")
        return events.join(found, [*ROW_ID]).select(
            *events.columns, *(feature.name for feature in features), "is_late"
        )

    return transform
