"""A Kinesis stream as Spark 4.2 can read it: a batch of a certain size at a time, and a drain to its end."""

from __future__ import annotations

from pyspark.sql.streaming.datasource import (
    ReadAllAvailable,
    ReadLimit,
    ReadMaxBytes,
    SupportsTriggerAvailableNow,
)

from spark_jobs.sources.kinesis_reader import KinesisReader, now_ms


class LimitedKinesisReader(KinesisReader, SupportsTriggerAvailableNow):
    """A drain ends with what had arrived when it began, shards and their children alike."""

    def getDefaultReadLimit(self) -> ReadLimit:
        return ReadMaxBytes(self.max_bytes)

    def prepareForTriggerAvailableNow(self) -> None:
        self.stop_at = now_ms()

    def latestOffset(self, start: dict, limit: ReadLimit) -> dict:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.advance(start, limited=not isinstance(limit, ReadAllAvailable))
