"""scored/<domain>: one row per event, with its features, its decision and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from spark_jobs.decisions import with_decision
from spark_jobs.enriched import with_enrichments
from spark_jobs.extent import Extent
from spark_jobs.features import with_features
from spark_jobs.layers import Transform
from weir.pack import Pack
from weir.tables import scored_columns

PARTITION_BY = "event_date"


def with_scores(
    pack: Pack,
    earlier: DataFrame,
    references: Mapping[str, DataFrame],
    batch_id: int,
    extent: Extent | None = None,
) -> Transform:
    """Valid events of one batch -> rows of scored/<domain>.

    earlier: what their features have to know of earlier events. references: list name -> rows of reference/<list>
    at the version this batch is judged with. extent: of the events, where it is known already.
    """
    stamps = _stamps(pack, batch_id)
    columns = [f"{stamps.get(name, f'`{name}`')} as `{name}`" for name in scored_columns(pack)]

    def transform(events: DataFrame) -> DataFrame:
        return (
            events.transform(with_enrichments(pack.enrichments, references))
            .transform(with_features(pack.features, earlier, extent))
            .transform(with_decision(pack))
            .selectExpr(*columns)
        )

    return transform


def _stamps(pack: Pack, batch_id: int) -> dict[str, str]:
    """SQL of what decided (ruleset, pack, model, batch, time of scoring) and of the day of the event."""
    return {
        "ruleset": f"'{pack.ruleset.name}'",
        "pack": f"'{pack.hash}'",
        "model": "cast(null as string)",
        "batch_id": f"{batch_id}L",
        "scored_at": f"timestamp'{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}Z'",
        "event_date": "to_date(occurred_at)",
    }
