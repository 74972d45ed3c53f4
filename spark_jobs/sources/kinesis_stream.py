"""A Kinesis stream as boto3 shows it: its shards, the records of one, and how long they are kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from weir.kinesis import kinesis_client, stream_argument

# a shard may be asked five times a second
PAUSE = 0.2
# the most records that one call may bring
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: those it was split or merged from, and whether it takes no more records."""

    id: str
    parents: tuple[str, ...]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number (a decimal of up to 56 digits), its bytes, and about when it arrived (ms)."""

    sequence: str
    data: bytes
    arrived: int


@dataclass(frozen=True, slots=True)
class Page:
    """What one call brought, and whether there was more behind it at that moment."""

    records: tuple[Record, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class KinesisStream:
    """A stream by its name or ARN. Credentials are those of the usual AWS chain."""

    name: str
    client: Any

    @classmethod
    def at(cls, name: str, region: str | None = None, endpoint: str | None = None) -> KinesisStream:
        """A stream's name or ARN -> the stream, of the environment's region and endpoint when none is given."""
        return cls(name, kinesis_client(region, endpoint))

    def shards(self) -> list[Shard]:
        """Every shard that still holds records or takes them."""
        page = self.client.list_shards(**self._name)
        found = page["Shards"]
        while token := page.get("NextToken"):
            page = self.client.list_shards(NextToken=token)
            found += page["Shards"]
        return [_shard(shard) for shard in found]

    def retention(self) -> timedelta:
        """How long the stream keeps a record."""
        summary = self.client.describe_stream_summary(**self._name)["StreamDescriptionSummary"]
        return timedelta(hours=summary["RetentionPeriodHours"])

    def after(self, shard: str, sequence: str, limit: int = MOST) -> Iterator[Page]:
        """The pages behind a record, '' from the oldest on: without end, or to the end of a closed shard."""
        while True:
            where = {"ShardIteratorType": "TRIM_HORIZON"}
            if sequence:
                where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": sequence}
            try:
                for page in self._pages(shard, where, limit):
                    # before the caller has it, who may take longer than an iterator lives
                    sequence = page.records[-1].sequence if page.records else sequence
                    yield page
                return
            except self.client.exceptions.ExpiredIteratorException:
                continue

    def since(self, shard: str, arrived: int, limit: int = MOST) -> Iterator[Page]:
        """The pages of what arrived at a time (ms) or later, as it is now; none for a time still to come."""
        where = {
            "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": datetime.fromtimestamp(arrived / 1000, UTC),
        }
        try:
            for page in self._pages(shard, where, limit):
                yield page
                if page.is_last:
                    return
        except self.client.exceptions.InvalidArgumentException:
            # by Kinesis' clock
            return

    def _pages(self, shard: str, where: dict[str, Any], limit: int) -> Iterator[Page]:
        iterator = self.client.get_shard_iterator(ShardId=shard, **where, **self._name)["ShardIterator"]
        arn = {"StreamARN": self.name} if "StreamARN" in self._name else {}
        while iterator:
            page = self.client.get_records(ShardIterator=iterator, Limit=limit, **arn)
            iterator = page.get("NextShardIterator")
            records = tuple(_record(record) for record in page["Records"])
            yield Page(records, iterator is None or page["MillisBehindLatest"] == 0)
            if not records:
                time.sleep(PAUSE)

    @property
    def _name(self) -> dict[str, str]:
        return stream_argument(self.name)


def _shard(shard: dict[str, Any]) -> Shard:
    parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
    return Shard(
        shard["ShardId"],
        tuple(parent for parent in parents if parent),
        "EndingSequenceNumber" in shard["SequenceNumberRange"],
    )


def _record(record: dict[str, Any]) -> Record:
    arrived = record["ApproximateArrivalTimestamp"].timestamp()
    return Record(record["SequenceNumber"], record["Data"], int(arrived * 1000))
