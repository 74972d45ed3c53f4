"""moto's Kinesis over HTTP on a free port, made to do what the real one does where moto does otherwise.

In moto a split or merged shard goes on taking records, gives its old ones away and has no end; numbers begin
at 1 in every shard. Here a closed shard keeps what it has and ends, and numbers are as long as the real ones.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.core.exceptions import JsonRESTError
from moto.kinesis import models, utils
from moto.server import ThreadedMotoServer

FIRST_NUMBER = 49590338271490256608559692538361571095921575989136588898
ACCOUNT, REGION = "123456789012", "eu-west-1"
FULL = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for the shard"}


@dataclass
class Faults:
    """What the server is to answer GetRecords with: the name of an error each call, '' for none; short pages.

    room: how many records a shard takes of one PutRecords; the others are refused, one by one.
    """

    errors: list[str] = field(default_factory=list)
    page: int = 10_000
    room: int = 10_000


@dataclass(frozen=True)
class KinesisServer:
    """A server with one stream `events`, and a client of it."""

    client: Any
    faults: Faults

    def create(self, shards: int = 1) -> None:
        self.client.create_stream(StreamName="events", ShardCount=shards)

    def put(self, *messages: bytes, key: str = "k") -> list[str]:
        """Messages -> the sequence numbers they were given."""
        records: list[Any] = [{"Data": message, "PartitionKey": key} for message in messages]
        put = self.client.put_records(StreamName="events", Records=records)
        return [record["SequenceNumber"] for record in put["Records"]]

    def split(self, shard: str) -> None:
        self.client.split_shard(StreamName="events", ShardToSplit=shard, NewStartingHashKey=str(2**127))

    def merge(self, shard: str, other: str) -> None:
        self.client.merge_shards(StreamName="events", ShardToMerge=shard, AdjacentShardToMerge=other)

    def forget(self, shard: str, records: int) -> None:
        """Let the oldest records of a shard grow too old to be kept."""
        kept = self.stream.shards[shard].records
        for number in list(kept)[:records]:
            del kept[number]

    def age(self, *minutes: float) -> None:
        """Let the records, in the order of their numbers, have arrived that many minutes earlier."""
        shards = self.stream.shards.values()
        records = {number: record for shard in shards for number, record in shard.records.items()}
        for minute, number in zip(minutes, sorted(records), strict=True):
            records[number].created_at -= minute * 60
            records[number].created_at_datetime -= timedelta(minutes=minute)

    @property
    def stream(self) -> Any:
        return models.kinesis_backends[ACCOUNT][REGION].streams["events"]


@contextmanager
def kinesis_server() -> Iterator[KinesisServer]:
    """A server on a free port that the environment's AWS variables point at, until the block is left."""
    faults = Faults()
    with pytest.MonkeyPatch.context() as patch:
        _make_real(patch, faults)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
            for name, value in {"REGION": REGION, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
                patch.setenv(f"AWS_{'DEFAULT_' if name == 'REGION' else ''}{name}", value)
            # a shared session would hand these keys to the tests that come next
            yield KinesisServer(boto3.Session().client("kinesis"), faults)
        finally:
            server.stop()
            models.kinesis_backends.reset()


def _make_real(patch: pytest.MonkeyPatch, faults: Faults) -> None:
    numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + 10**9, 7))
    get_records, put_all = models.KinesisBackend.get_records, models.KinesisBackend.put_records

    def put_records(self: Any, stream_arn: str, stream_name: str, records: list[dict[str, Any]]) -> Any:
        stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        has_room = list(_has_room(stream, records, faults.room))
        wanted = [record for record, fits in zip(records, has_room, strict=True) if fits]
        taken = iter(put_all(self, stream_arn, stream_name, wanted)["Records"])
        answers = [next(taken) if fits else FULL for fits in has_room]
        return {"FailedRecordCount": has_room.count(False), "Records": answers}

    def put_record(self: models.Shard, partition_key: str, data: str, explicit_hash_key: str) -> str:
        number = next(numbers)
        records: dict[int, Any] = self.records
        records[number] = models.Record(partition_key, data, number, explicit_hash_key)
        return str(number)

    def open_shard(self: models.Stream, partition_key: str, explicit_hash_key: str) -> models.Shard | None:
        hashed = int(hashlib.md5(partition_key.encode()).hexdigest(), 16)
        shards = [shard for shard in self.shards.values() if shard.is_open]
        return next(shard for shard in shards if shard.starting_hash <= hashed <= shard.ending_hash)

    def get(self: Any, stream_arn: str | None, shard_iterator: str, limit: int | None) -> tuple:
        if faults.errors and (error := faults.errors.pop(0)):
            raise JsonRESTError(error, "as the test wants it")
        size = min(limit or faults.page, faults.page)
        following, records, behind = get_records(self, stream_arn, shard_iterator, size)
        name, shard_id, _ = utils.decompose_shard_iterator(shard_iterator)
        shard = self.describe_stream(stream_arn, name).get_shard(shard_id)
        newest = next(reversed(shard.records), 0)
        ended = not shard.is_open and (not records or records[-1].sequence_number == newest)
        return None if ended else following, records, behind

    patch.setattr(models.Shard, "put_record", put_record)
    patch.setattr(models.Stream, "get_shard_for_key", open_shard)
    patch.setattr(models.KinesisBackend, "get_records", get)
    patch.setattr(models.KinesisBackend, "put_records", put_records)
    for name in ("split_shard", "merge_shards"):
        patch.setattr(models.Stream, name, _keeping_records(getattr(models.Stream, name)))


def _has_room(stream: models.Stream, records: list[dict[str, Any]], room: int) -> Iterator[bool]:
    """Records of one call -> whether each finds room in its shard."""
    taken: Counter[str] = Counter()
    for record in records:
        shard = stream.get_shard_for_key(record["PartitionKey"], "")
        assert shard
        taken[shard.shard_id] += 1
        yield taken[shard.shard_id] <= room


def _keeping_records(reshard: Any) -> Any:
    def resharded(self: models.Stream, *arguments: str) -> None:
        held = {shard: shard.records.copy() for shard in self.shards.values()}
        reshard(self, *arguments)
        for shard in self.shards.values():
            shard.records = held.get(shard, {})

    return resharded
