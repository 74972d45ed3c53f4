"""The part of scored/<domain> that can matter to a batch's features."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.key_groups import key_groups
from weir.feature import Feature


def history_for(scored: DataFrame, batch: DataFrame, features: Sequence[Feature]) -> DataFrame:
    """Scored rows, a batch's events -> those rows, with the batch's columns, that its features can depend on.

    One small job finds the batch's earliest time, so that whole days of `event_date` are left out.
    """
    longest = max(group.span for group in key_groups(features))
    first = batch.agg(F.min("occurred_at")).head()
    columns = [name for name in scored.columns if name in set(batch.columns)]
    if first is None or first[0] is None:
        return scored.select(*columns).limit(0)
    return scored.where(F.col("event_date") >= F.lit((first[0] - longest).date())).select(*columns)
