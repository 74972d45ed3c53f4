"""Simulated messages reach a Kinesis stream, each counted once, however little its shards take at a time."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from domains import kinesis
from domains.delivery import deliver
from domains.kinesis import MOST, MOST_BYTES, batches
from domains.simulation import Message, simulate
from orchestration.commands import app
from tests.kinesis_server import kinesis_server
from weir.error import WeirError


@pytest.fixture
def server():
    with kinesis_server() as server:
        yield server


def held(server):
    """Every record of the stream as the client reads it: its key, body and shard."""
    found = []
    for shard in server.client.list_shards(StreamName="events")["Shards"]:
        where = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = server.client.get_shard_iterator(StreamName="events", **where)["ShardIterator"]
        for record in server.client.get_records(ShardIterator=iterator)["Records"]:
            found.append((record["PartitionKey"], record["Data"], shard["ShardId"]))
    return found


def test_simulate_sends_every_message_once_though_its_shards_refuse_some_of_each_call(server, tmp_path):
    server.create(shards=3)
    server.faults.room = 100
    words = ["simulate", "payments", "--events", "900", "--to", "kinesis:events", "--json", "--out"]
    told = CliRunner().invoke(app, [*words, str(tmp_path)], catch_exceptions=False)
    expected = [(message.key, message.body) for message in simulate("payments", 900, seed=1).messages()]
    found = held(server)
    assert json.loads(told.stdout)[0]["sent"] == len(expected)
    assert sorted((key, body) for key, body, _ in found) == sorted(expected)
    # a user's messages stay in one shard, and all shards are used
    assert len({(key, shard) for key, _, shard in found}) == len({key for key, _ in expected})
    assert len({shard for _, _, shard in found}) == 3
    assert (tmp_path / "labels.jsonl").exists()


def test_a_stream_is_found_by_its_arn_too(server):
    server.create()
    arn = server.client.describe_stream_summary(StreamName="events")["StreamDescriptionSummary"]["StreamARN"]
    assert deliver(f"kinesis:{arn}", [Message("u", b"1")]) == 1
    assert held(server) == [("u", b"1", "shardId-000000000000")]


def test_shards_that_take_nothing_any_more_end_it_with_what_was_taken(server, monkeypatch):
    monkeypatch.setattr(kinesis, "PAUSES", (0.0, 0.0))
    server.create()

    def until_full():
        yield from [Message("u", b"1")] * (MOST + 1)
        server.faults.room = 0
        yield Message("u", b"last")

    with pytest.raises(WeirError, match=r"kinesis:events: Provisioned.*; 500 messages were taken before"):
        deliver("kinesis:events", until_full())


def test_a_stream_that_is_not_there_is_named(server):
    with pytest.raises(
        WeirError, match=r"kinesis:nowhere: .*nowhere.* not found; 0 messages .*; check the name"
    ):
        deliver("kinesis:nowhere", [Message("u", b"1")])


def test_a_call_takes_no_more_than_kinesis_does():
    many = [Message("u", b"x")] * (MOST + 1)
    assert [len(batch) for batch in batches(many)] == [MOST, 1]
    large = [Message("u", b"x" * (MOST_BYTES // 2 - 1))] * 3
    assert [len(batch) for batch in batches(large)] == [2, 1]


def test_messages_that_come_slowly_are_not_kept_until_a_call_is_full(monkeypatch):
    monkeypatch.setattr(kinesis, "LINGER", -1)
    assert [len(batch) for batch in batches([Message("u", b"x")] * 2)] == [1, 1]
