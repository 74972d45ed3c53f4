"""Every record of a Kinesis stream is read once and in order, whatever becomes of its shards and calls."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field

import pytest
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxBytes

from spark_jobs.sources import kinesis_batch
from spark_jobs.sources.kinesis_reader import KinesisReader
from spark_jobs.sources.kinesis_stream import KinesisStream
from spark_jobs.sources.limited_kinesis import LimitedKinesisReader
from spark_jobs.sources.source import MessagesGone
from tests.kinesis_server import kinesis_server
from tests.spark_jobs.sources.test_kpl import aggregated

EVENTS = ("events", None, None)
FIRST, SECOND, THIRD = (f"shardId-00000000000{number}" for number in range(3))


@pytest.fixture
def server():
    with kinesis_server() as server:
        yield server


@dataclass
class Query:
    """What Spark does with a reader: one batch after another until there is nothing new, each read twice."""

    offset: dict = field(default_factory=dict)
    stream: str = "events"
    max_bytes: int = 1 << 30
    batches: list[list[tuple]] = field(default_factory=list)

    def drain(self) -> list[bytes]:
        """The messages of the batches that a run brings; the offset goes on from run to run."""
        reader = LimitedKinesisReader((self.stream, None, None), self.max_bytes)
        reader.prepareForTriggerAvailableNow()
        self.batches = []
        while (end := reader.latestOffset(self.offset, reader.getDefaultReadLimit())) != self.offset:
            self.batches.append(read(reader, self.offset, end))
            self.offset = end
        return [row[2] for batch in self.batches for row in batch]


def read(reader, start, end):
    """Spark reads a batch again when it crashed, in other processes: it must be the same."""
    once, again = (
        [
            row
            for part in reader.partitions(start, end)
            for row in pickle.loads(pickle.dumps(KinesisReader(reader.address, 1))).read(part)
        ]
        for _ in range(2)
    )
    assert once == again
    return once


def test_a_stream_is_drained_once_and_then_only_what_is_new(server):
    server.create(shards=2)
    query = Query()
    assert query.drain() == []
    numbers = server.put(b"1", b"2")
    assert query.drain() == [b"1", b"2"]
    assert [row[:3] for row in query.batches[0]] == [
        (f"{SECOND}:{numbers[0]}", 0, b"1"),
        (f"{SECOND}:{numbers[1]}", 0, b"2"),
    ]
    server.put(b"3")
    assert (query.drain(), query.drain()) == ([b"3"], [])


def test_a_stream_can_be_named_by_its_arn(server):
    server.create()
    server.put(b"1")
    assert Query(stream=server.stream.arn).drain() == [b"1"]


def test_messages_packed_into_one_record_have_a_position_each(server):
    server.create()
    [number, _] = server.put(aggregated([b"a", b"b"]), b"c")
    query = Query()
    assert query.drain() == [b"a", b"b", b"c"]
    assert [row[:2] for row in query.batches[0][:2]] == [(f"{FIRST}:{number}", index) for index in (0, 1)]


def test_a_key_stays_in_order_through_a_split_and_a_merge(server):
    server.create()
    server.put(b"1")
    query = Query()
    assert query.drain() == [b"1"]
    server.put(b"2", b"3")
    server.split(FIRST)
    server.put(b"4", b"5")
    server.merge(SECOND, THIRD)
    server.put(b"6")
    assert query.drain() == [b"2", b"3", b"4", b"5", b"6"]
    shards = [{row[0].split(":")[0] for row in batch} for batch in query.batches]
    assert all(len(batch) <= 1 for batch in shards)
    assert query.drain() == []


def test_a_shard_split_before_the_first_read_is_read_before_its_children(server):
    server.create()
    server.put(b"1")
    server.split(FIRST)
    server.put(b"2")
    assert Query().drain() == [b"1", b"2"]


def test_a_batch_ends_where_its_span_of_time_does(server):
    server.create()
    server.put(*(b"%d" % n for n in range(5)))
    server.age(20, 16, 12, 5, 1)
    query = Query(max_bytes=300 * kinesis_batch.INTAKE)
    assert query.drain() == [b"0", b"1", b"2", b"3", b"4"]
    # five minutes of a shard a batch, and the first record behind them to end with
    assert [len(batch) for batch in query.batches if batch] == [3, 1, 1]


def test_all_there_is_can_be_asked_for_at_once(server):
    server.create()
    server.put(b"1", b"2")
    server.age(300, 200)
    reader = LimitedKinesisReader(EVENTS, 1)
    end = reader.latestOffset({}, ReadAllAvailable())
    assert len(read(reader, {}, end)) == 2


def test_an_iterator_that_expires_half_way_loses_and_doubles_nothing(server):
    server.create()
    server.put(*(b"%d" % n for n in range(10)))
    server.faults.page = 3
    server.age(*range(10, 0, -1))
    reader = LimitedKinesisReader(EVENTS, 1 << 30)
    end = reader.latestOffset({}, ReadMaxBytes(1 << 30))
    server.faults.errors = ["", "", "ExpiredIteratorException", "", "ExpiredIteratorException"]
    assert [row[2] for row in read(reader, {}, end)] == [b"%d" % n for n in range(10)]
    assert server.faults.errors == []


def test_a_throttled_call_is_made_again(server):
    server.create()
    server.put(b"1")
    server.faults.errors = ["ProvisionedThroughputExceededException", "LimitExceededException"]
    assert Query().drain() == [b"1"]
    assert server.faults.errors == []


def test_records_that_grew_too_old_are_said_to_be_gone(server):
    server.create()
    server.put(b"1")
    query = Query()
    query.drain()
    query.offset[FIRST]["until"] -= 25 * 3_600_000
    with pytest.raises(
        MessagesGone, match=rf"events: {FIRST} was read to \d+ and the stream no longer keeps"
    ):
        query.drain()


def test_what_may_have_come_and_expired_in_a_stream_that_was_empty_is_said_to_be_gone(server):
    server.create()
    query = Query()
    assert query.drain() == []
    query.offset[FIRST]["until"] -= 25 * 3_600_000
    server.put(b"2")
    with pytest.raises(MessagesGone, match=f"events: {FIRST} was read to its oldest record"):
        query.drain()


def test_a_batch_whose_last_record_is_gone_is_never_cut_short(server):
    server.create()
    server.put(b"1", b"2")
    reader = LimitedKinesisReader(EVENTS, 1 << 30)
    end = reader.latestOffset({}, ReadMaxBytes(1 << 30))
    server.forget(FIRST, 2)
    with pytest.raises(MessagesGone, match="no longer keeps the records of this batch, its oldest record"):
        read(reader, {}, end)
    server.put(b"3")
    with pytest.raises(MessagesGone):
        read(reader, {}, end)


def test_a_shard_that_vanished_unread_is_said_to_be_gone(server):
    server.create()
    server.put(b"1")
    query = Query()
    query.drain()
    server.client.delete_stream(StreamName="events")
    server.create(shards=1)
    server.stream.shards.clear()
    with pytest.raises(MessagesGone, match=FIRST):
        query.drain()


def test_a_silent_shard_moves_its_mark_only_now_and_then(server):
    server.create()
    server.put(b"1")
    query = Query()
    query.drain()
    assert query.drain() == []
    assert query.batches == []
    query.offset[FIRST]["until"] -= kinesis_batch.STALE + 1
    assert (query.drain(), len(query.batches)) == ([], 1)


def test_what_came_before_a_silence_is_not_read_with_every_look(server, monkeypatch):
    server.create()
    server.put(*(b"%d" % number for number in range(100)))
    server.age(*[2] * 99, 1)
    query, read = Query(), []
    assert len(query.drain()) == 100
    pages = KinesisStream._pages

    def counted(*arguments):
        for page in pages(*arguments):
            read.extend(page.records)
            yield page

    monkeypatch.setattr(KinesisStream, "_pages", counted)
    assert query.drain() == []
    assert len(read) == 1


def test_spark_4_1_does_not_say_where_a_batch_begins_and_a_restart_goes_on_all_the_same(server):
    server.create()
    server.put(b"1")
    reader = KinesisReader(EVENTS, 1)
    # a batch may end before what came within the last second
    server.age(3)
    first = reader.latestOffset()
    server.put(b"2", b"3")
    server.age(0, 2, 1)
    second = reader.latestOffset()
    assert [row[2] for row in read(reader, first, second)] == [b"2", b"3"]
    assert reader.latestOffset() == second
    server.put(b"4")
    restarted = KinesisReader(EVENTS, 1, reached=second)
    assert [row[2] for row in read(restarted, second, restarted.latestOffset())] == [b"4"]
