"""What a batch of the scored stream did, for whoever watches a service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True, slots=True)
class BatchReport:
    """messages came in, parts were settled: scored or quarantined.

    seconds: how long the batch took; lag_seconds: how long its oldest message had been in `raw` when it ended.
    """

    at: datetime
    domain: str
    batch: int
    messages: int
    scored: int
    quarantined: int
    seconds: float
    lag_seconds: float


def batch_report(judged_rows: DataFrame, domain: str, batch_id: int, began: datetime) -> BatchReport | None:
    """The judged rows of a batch that has just been written -> its report; None when it had none."""
    is_valid = F.col("reason").isNull()
    counts = (F.count_distinct("seq"), F.count_if(is_valid), F.count_if(~is_valid), F.min("received_at"))
    messages, scored, quarantined, oldest = judged_rows.agg(*counts).collect()[0]
    if not messages:
        return None
    ended = datetime.now(UTC)
    seconds, lag = (
        round((ended - since).total_seconds(), 3) for since in (began, oldest.replace(tzinfo=UTC))
    )
    return BatchReport(ended, domain, batch_id, messages, scored, quarantined, seconds, lag)
