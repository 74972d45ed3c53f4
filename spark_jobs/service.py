"""A domain's streaming queries while they run, and how they end."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pyspark.sql.streaming.query import StreamingQuery

from spark_jobs.landing import RawStream

POLL = 0.1


@dataclass(frozen=True, slots=True)
class Service:
    """A domain's running queries; `raw` is none when nothing is to land."""

    scored: StreamingQuery
    raw: RawStream | None = None

    @property
    def queries(self) -> list[StreamingQuery]:
        """Landing, then scoring."""
        return [*([self.raw.query] if self.raw else []), self.scored]

    def explain_failure(self) -> None:
        """Raise MessagesGone when landing failed because the source lost messages; else return."""
        if self.raw:
            self.raw.explain_failure()

    def left_out(self) -> list[str]:
        """A line for each file that is there and, as it is now, will not be landed."""
        return self.raw.left_out() if self.raw else []

    def stop(self) -> None:
        """Stop landing, then scoring, each after the batch it is in; what has only landed is scored later."""
        for query in self.queries:
            stop_after_batch(query)


def stop_after_batch(query: StreamingQuery) -> None:
    """End a query between two batches, so that what the last one wrote is noted in its checkpoint too.

    A query that never pauses has begun its next batch by then: that one is made again when it is resumed.
    """
    at_hand = _newest_batch(query)
    while query.isActive and query.status["isTriggerActive"] and _newest_batch(query) == at_hand:
        time.sleep(POLL)
    query.stop()


def _newest_batch(query: StreamingQuery) -> int | None:
    progress = query.lastProgress
    return progress["batchId"] if progress else None
