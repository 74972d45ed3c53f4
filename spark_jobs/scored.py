"""scored/<domain>: one row per event, with its features, its decision and where it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.decisions import with_decision
from spark_jobs.enriched import with_enrichments
from spark_jobs.features import with_features
from weir.pack import Pack
from weir.tables import scored_columns

PARTITION_BY = "event_date"


def with_scores(
    pack: Pack, scored: DataFrame, references: Mapping[str, DataFrame], batch_id: int
) -> Callable[[DataFrame], DataFrame]:
    """Valid events of one batch -> rows of scored/<domain>, judged with what `scored` already holds.

    references: list name -> rows of reference/<list> at the version this batch is judged with.
    """

    def transform(events: DataFrame) -> DataFrame:
        return (
            events.transform(with_enrichments(pack.enrichments, references))
            .transform(with_features(pack.features, scored))
            .transform(with_decision(pack))
            .transform(with_stamp(pack, batch_id))
            .select(*scored_columns(pack))
        )

    return transform


def with_stamp(pack: Pack, batch_id: int) -> Callable[[DataFrame], DataFrame]:
    """Add what decided (ruleset, pack, model, batch, time of scoring) and the day of the event."""
    stamps = {
        "ruleset": F.lit(pack.ruleset.name),
        "pack": F.lit(pack.hash),
        "model": F.lit(None).cast("string"),
        "batch_id": F.lit(batch_id).cast("bigint"),
        "scored_at": F.lit(datetime.now(UTC)),
        "event_date": F.to_date("occurred_at"),
    }
    return lambda decided: decided.withColumns(stamps)
