"""A Kinesis stream as a stream of messages (Spark's Python data source API): a task a shard reads its records."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.types import StructType

from spark_jobs.sources.kinesis_batch import (
    INTAKE,
    Mark,
    Moments,
    Range,
    marks_of,
    next_mark,
    ranges,
    read_range,
    require_kept,
    to_read,
)
from spark_jobs.sources.kinesis_stream import KinesisStream
from spark_jobs.sources.kpl import messages_of
from spark_jobs.sources.source import ARRIVED, RECORD_SCHEMA, TELLS_LIMITS

# how many shards are asked at once for where they end
CALLERS = 16
# name or ARN, region, endpoint
Address = tuple[str, str | None, str | None]


class Kinesis(DataSource):
    """`weir_kinesis`: a row is one message; `partition` is shard:sequence number, `position` its place in that.

    Options: stream (a name or ARN), region, endpoint, maxBytes (of a batch), begin (JSON: the offset with which the
    checkpoint began), reached (JSON: that of the newest batch which it knows). Credentials come from the usual AWS
    chain alone.
    """

    @classmethod
    def name(cls) -> str:
        return "weir_kinesis"

    def schema(self) -> str:
        return f"{RECORD_SCHEMA}, {ARRIVED} timestamp"

    def streamReader(self, schema: StructType) -> KinesisReader:
        options = self.options
        address = (options["stream"], options["region"], options["endpoint"])
        begin, reached = (json.loads(options[name]) for name in ("begin", "reached"))
        return _reader()(address, int(options["maxBytes"]), begin, reached)


def _reader() -> type[KinesisReader]:
    if not TELLS_LIMITS:
        return KinesisReader
    from spark_jobs.sources.limited_kinesis import LimitedKinesisReader

    return LimitedKinesisReader


class ShardRange(InputPartition):
    """What one task reads."""

    def __init__(self, wanted: Range) -> None:
        super().__init__(wanted)
        self.range = wanted


class KinesisReader(DataSourceStreamReader):
    """An offset is how far each shard is read: {shard: Mark}.

    This is all that Spark 4.1 can use. It does not say where a batch begins, so that is remembered; and it asks
    once for the end of a drain, which is one batch then, of whatever size, without the children of its shards.
    """

    def __init__(
        self, address: Address, max_bytes: int, begin: dict | None = None, reached: dict | None = None
    ) -> None:
        self.address = address
        self.max_bytes = max_bytes
        # of the first batch, whenever it is made: Spark asks again when it was begun and not done
        self.begin = begin or {}
        self.reached = reached or self.begin
        self.stop_at: int | None = None
        self.connected: KinesisStream | None = None

    def initialOffset(self) -> dict:
        return self.begin

    def latestOffset(self) -> dict:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.reached = self.advance(self.reached, limited=False)
        return self.reached

    def advance(self, start: dict, limited: bool) -> dict:
        """Where a batch begins -> where it ends: about `max_bytes` further, or at all there is."""
        stream, marks = self._connect(), marks_of(start)
        shards, now = stream.shards(), now_ms()
        require_kept(stream, shards, marks, now)
        wanted = to_read(shards, marks)
        moments = Moments(now, self._span(len(wanted)) if limited else None, self.stop_at)
        with ThreadPoolExecutor(CALLERS) as pool:
            found = pool.map(
                lambda shard: next_mark(stream, shard, marks.get(shard.id, Mark()), moments), wanted
            )
            moved = dict(zip((shard.id for shard in wanted), found, strict=True))
        kept = {shard.id: marks.get(shard.id, Mark()) for shard in shards} | moved
        return {shard: asdict(mark) for shard, mark in kept.items() if mark != Mark()}

    def partitions(self, start: dict, end: dict) -> Sequence[ShardRange]:
        return [ShardRange(wanted) for wanted in ranges(marks_of(start), marks_of(end))]

    def read(self, partition: ShardRange) -> Iterator[tuple]:  # pyright: ignore[reportIncompatibleMethodOverride]
        for record in read_range(KinesisStream.at(*self.address), partition.range):
            place = f"{partition.range.shard}:{record.sequence}"
            arrived_at = datetime.fromtimestamp(record.arrived / 1000, UTC)
            for index, message in enumerate(messages_of(record.data)):
                yield place, index, message, arrived_at

    def _connect(self) -> KinesisStream:
        # not in __init__: Spark pickles a reader, and a client cannot be
        self.connected = self.connected or KinesisStream.at(*self.address)
        return self.connected

    def _span(self, shards: int) -> int:
        return max(1000, 1000 * self.max_bytes // (INTAKE * max(shards, 1)))


def now_ms() -> int:
    return time.time_ns() // 1_000_000
