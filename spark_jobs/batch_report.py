"""What a batch of either stream did, for whoever watches a service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.feed import Run
from spark_jobs.lake import rows_appended, table_version


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


@dataclass(frozen=True, slots=True)
class LandingReport:
    """How many messages of a source landed in `raw`, and in how many seconds."""

    at: datetime
    domain: str
    source: str
    batch: int
    landed: int
    seconds: float


Report = Callable[[BatchReport | LandingReport], None]
Land = Callable[[DataFrame, int], None]


def reported(land: Land, run: Run, source: str, report: Report) -> Land:
    """A landing query's `foreachBatch` -> the same, and each batch that brought messages is reported."""

    def run_batch(rows: DataFrame, batch_id: int) -> None:
        began, since = datetime.now(UTC), table_version(run.spark, run.raw) or 0
        land(rows, batch_id)
        ended = datetime.now(UTC)
        # the log says it: the messages are not counted
        messages = rows_appended(run.spark, run.raw, since)
        if messages:
            seconds = round((ended - began).total_seconds(), 3)
            report(LandingReport(ended, run.domain, source, batch_id, messages, seconds))

    return run_batch


@dataclass(frozen=True, slots=True)
class Tally:
    """What a batch comes to: its messages, the parts scored and quarantined, and when the oldest came to `raw`."""

    messages: int
    scored: int
    quarantined: int
    oldest: datetime | None


def tally_of(judged_rows: DataFrame) -> Tally:
    """The judged rows of a batch -> its tally; reads them."""
    is_valid = F.col("reason").isNull()
    counts = (F.count_distinct("seq"), F.count_if(is_valid), F.count_if(~is_valid), F.min("received_at"))
    messages, scored, quarantined, oldest = judged_rows.agg(*counts).collect()[0]
    return Tally(messages, scored, quarantined, oldest and oldest.replace(tzinfo=UTC))


def batch_report(tally: Tally, domain: str, batch_id: int, began: datetime) -> BatchReport | None:
    """The tally of a batch that has just been written -> its report; None when it had no message."""
    if tally.oldest is None:
        return None
    ended = datetime.now(UTC)
    seconds, lag = (round((ended - since).total_seconds(), 3) for since in (began, tally.oldest))
    counts = (tally.messages, tally.scored, tally.quarantined)
    return BatchReport(ended, domain, batch_id, *counts, seconds, lag)
