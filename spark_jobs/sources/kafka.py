"""A Kafka topic as a source of records: Spark's own connector, and what it would not say clearly."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.jars import KAFKA
from spark_jobs.sources.kafka_offsets import Bounds, topic_bounds
from spark_jobs.sources.source import ARRIVED, MessagesGone, RecordSource
from weir.kafka import client_settings, java_settings

# how Spark writes "the earliest there is"
EARLIEST = -2
log = logging.getLogger("weir.kafka")


@dataclass(frozen=True, slots=True)
class KafkaSource(RecordSource):
    """A topic, and how many messages of it one batch may take. WEIR_KAFKA_* say where it is."""

    kind: ClassVar[str] = "kafka"
    jars: ClassVar[tuple[str, ...]] = KAFKA

    topic: str
    max_messages: int = 500_000

    @property
    def name(self) -> str:
        return f"kafka:{self.topic}"

    def stream(self, spark: SparkSession, landed: Mapping[str, int], checkpoint: str) -> DataFrame:
        """Partition number, offset, value and time of every committed message; a tombstone's value is null."""
        client = {**java_settings(client_settings()), "isolation.level": "read_committed"}
        options = {f"kafka.{name}": value for name, value in client.items()} | {
            "subscribe": self.topic,
            "startingOffsets": self._start(spark, landed) if landed else "earliest",
            "maxOffsetsPerTrigger": str(self.max_messages),
            "failOnDataLoss": "true",
        }
        return (
            spark.readStream.format("kafka")
            .options(**options)
            .load()
            .select(
                F.col("partition").cast("string"),
                F.col("offset").alias("position"),
                F.col("value").alias("payload"),
                F.col("timestamp").alias(ARRIVED),
            )
        )

    def require_kept(self, spark: SparkSession, reached: str | None, landed: Mapping[str, int]) -> None:
        """Raise MessagesGone when retention has removed what had not landed, or the topic was made anew.

        A new epoch goes on behind a gap, since somebody asked for it, and the gap is logged. Nothing can go on
        with a topic that was made anew: its offsets name other messages in raw.
        """
        bounds, expected = topic_bounds(spark, self.topic), _next(reached, landed, self.topic)
        if anew := "; ".join(made_anew(expected, bounds)):
            raise MessagesGone(
                f"{self.name}: {anew}: the topic was made anew, and raw has other messages under its offsets; "
                "send to a topic of another name, move this query's checkpoint away and stream from it with --new-epoch"
            )
        lost = "; ".join(gone(expected, bounds, new=reached is not None))
        if not lost:
            return
        if reached is None:
            log.warning("%s: %s; going on behind them", self.name, lost)
            return
        raise MessagesGone(
            f"{self.name}: {lost}; to go on with what is left, move this query's checkpoint away and use --new-epoch"
        )

    def _start(self, spark: SparkSession, landed: Mapping[str, int]) -> str:
        """Behind what has landed, or at the earliest message that is left."""
        bounds = topic_bounds(spark, self.topic)
        behind = _next(None, landed, self.topic)
        starts = {
            str(number): max(behind[number], bound.earliest) if number in behind else EARLIEST
            for number, bound in bounds.items()
        }
        return json.dumps({self.topic: starts})


def made_anew(expected: Mapping[int, int], bounds: Mapping[int, Bounds]) -> Iterator[str]:
    """Partition -> next offset to land, and what the topic holds -> a line for each that ends before it."""
    for number, wanted in sorted(expected.items()):
        bound = bounds.get(number)
        if bound is None or bound.latest < wanted:
            ends = bound.latest if bound else "nowhere"
            yield f"partition {number} ends at {ends}, but {wanted} were read"


def gone(expected: Mapping[int, int], bounds: Mapping[int, Bounds], new: bool) -> Iterator[str]:
    """Partition -> next offset to land, and what the topic holds -> a line for each loss, with its count.

    new: whether a partition nobody expected should begin at 0. Offsets are counted: those of aborted
    transactions and of markers are among them.
    """
    for number, bound in sorted(bounds.items()):
        if number not in expected and not new:
            continue
        wanted = expected.get(number, 0)
        if bound.earliest > wanted:
            count, last = bound.earliest - wanted, bound.earliest - 1
            yield f"{count} messages of partition {number} are gone (offsets {wanted} to {last})"


def _next(reached: str | None, landed: Mapping[str, int], topic: str) -> dict[int, int]:
    """Partition -> the offset that lands next."""
    if reached is None:
        return {int(number): position + 1 for number, position in landed.items()}
    return {int(number): offset for number, offset in json.loads(reached)[topic].items()}
