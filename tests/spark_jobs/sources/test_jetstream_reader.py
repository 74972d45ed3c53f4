"""Every event that a Jetstream server has is landed once, whatever it drops, repeats, mixes up or cannot give."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from http import HTTPStatus

import pytest

from spark_jobs.sources import receiver as receiver_module
from spark_jobs.sources import resumption
from spark_jobs.sources.jetstream_reader import JetstreamReader, SpoolGone
from spark_jobs.sources.receiver import Refused
from spark_jobs.sources.resumption import OVERLAP_MICROSECONDS
from spark_jobs.sources.spool import Place, Spool
from tests.jetstream_server import event, jetstream_server, numbered_event

NOON = 1_786_500_000_000_000
SECOND = 1_000_000


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(receiver_module, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(receiver_module, "LATE", 0.15)
    with jetstream_server() as server:
        yield server


@pytest.fixture
def query(server, tmp_path):
    """What Spark does with a reader, run after run: batches until there is no more, each asked for twice."""
    return Query(server, tmp_path / "spool" / "spool.db")


class Query:
    def __init__(self, server, file):
        self.server = server
        self.file = file
        self.offset = None
        self.batches = []

    def drain(self, cursor=None, commit=True, max_bytes=1 << 20, begin=None):
        """One run -> the payloads that it brought, in order."""
        url = f"{self.server.url}?cursor={cursor}" if cursor is not None else self.server.url
        reader = JetstreamReader(url, self.file, begin, max_bytes, quiet=0.7)
        reader.prepareForTriggerAvailableNow()
        self.offset = json.loads(json.dumps(self.offset or reader.initialOffset()))
        self.batches = []
        try:
            while (end := reader.latestOffset(self.offset, reader.getDefaultReadLimit())) != self.offset:
                once, again = (
                    [r for p in reader.partitions(self.offset, end) for r in reader.read(p)] for _ in "12"
                )
                assert once == again
                self.batches.append(once)
                self.offset = json.loads(json.dumps(end))
                if commit:
                    reader.commit(self.offset)
        finally:
            reader.stop()
        return [row[2] for row in self.rows]

    @property
    def rows(self):
        return [row for batch in self.batches for row in batch]


def test_a_run_brings_what_there_is_and_the_next_one_what_came_since(server, query):
    first, second = event(NOON, "a"), event(NOON + SECOND, "b")
    server.add(first, second)
    assert query.drain(cursor=0) == [first, second]
    assert query.rows[0] == ("time_us/0", NOON, first, None)
    third = event(NOON + 2 * SECOND)
    server.add(third)
    assert query.drain() == [third]
    assert server.asked == [0, NOON + SECOND - OVERLAP_MICROSECONDS]


def test_the_numbered_form_resumes_by_its_number(server, query):
    events = [numbered_event(n, second=n) for n in (5000, 5001, 5002)]
    server.add(*events[:2])
    assert query.drain(cursor=1) == events[:2]
    server.add(events[2])
    assert query.drain() == events[2:]
    assert (query.rows[0][:2], server.asked[1]) == (("seq/0", 5002), 4001)


def test_events_of_one_microsecond_are_all_kept_apart(server, query):
    events = [event(NOON, text) for text in "abc"]
    server.add(*events)
    assert query.drain(cursor=0) == events
    assert [row[1] for row in query.rows] == [NOON, NOON + 1, NOON + 2]


def test_a_connection_that_breaks_again_and_again_loses_and_doubles_nothing(server, query):
    events = [event(NOON + n * SECOND, str(n)) for n in range(20)]
    server.drop_after = [3, 8, 1, 0, 12]
    server.add(*events)
    assert query.drain(cursor=0) == events
    assert len(server.asked) > 4


def test_repeated_and_mixed_up_events_are_landed_once(server, query):
    a, b, c, d, e = (event(NOON + n * SECOND, str(n)) for n in range(5))
    server.add(a, b, c)
    query.drain(cursor=0)
    # the newest first, as at the seam between what a server kept and what is new; one of them twice
    server.replay = [[e, b, e, c, d, a]]
    assert query.drain() == [e, d]


def test_a_server_that_begins_much_earlier_than_asked_doubles_nothing(server, query, monkeypatch):
    monkeypatch.setattr("spark_jobs.sources.spool.REMEMBERED", 2)
    events = [event(NOON + n * 60 * SECOND, str(n)) for n in range(10)]
    server.add(*events)
    assert query.drain(cursor=0) == events
    new = event(NOON + 1000 * SECOND)
    server.replay = [[*events, new]]
    assert query.drain() == [new]


def test_a_gap_that_a_server_passes_over_in_silence_is_told(server, query):
    server.add(event(NOON, "a"))
    query.drain(cursor=0)
    server.events.clear()
    late = event(NOON + 3600 * SECOND, "z")
    server.add(late)
    gap, message = query.drain(), late
    assert gap[1] == message
    assert query.rows[0][0::3] == ("gap", "gap")
    assert {k: v for k, v in json.loads(gap[0]).items() if k != "gap"} == {
        "after": NOON,
        "before": NOON + 3600 * SECOND,
    }
    assert query.rows[1][0] == "time_us/1"
    assert query.drain() == []


def test_a_cursor_that_is_refused_as_too_old_is_a_gap_and_the_oldest_events_follow(server, query):
    server.add(numbered_event(2000, second=1), numbered_event(2001, second=2))
    query.drain(cursor=1)
    server.floor = 9000
    server.add(numbered_event(9000, second=90), numbered_event(9001, second=91))
    gap, *events = query.drain()
    assert events == server.events[2:]
    told = json.loads(gap)
    assert (told["gap"], told["after"], told["before"]) == ("CursorTooOld: oldest is 9000", 2001, 9000)
    assert told["before_us"] - told["after_us"] == 88 * SECOND
    assert server.asked[-2:] == [1001, 10**15]


def test_a_server_that_begins_to_count_anew_is_a_gap_and_its_events_are_others(server, query):
    server.add(numbered_event(5000, second=1))
    query.drain(cursor=1)
    anew = [numbered_event(n, second=60 + n) for n in (1, 2)]
    server.replay = [anew]
    gap, *events = query.drain()
    assert json.loads(gap)["after"] == 5000
    assert events == anew
    assert [row[:2] for row in query.rows[1:]] == [("seq/1", 1), ("seq/1", 2)]


def test_a_server_that_hangs_up_before_it_is_clear_does_not_stop_the_stream_for_ever(
    server, query, monkeypatch
):
    monkeypatch.setattr(receiver_module, "LATE", 60)
    monkeypatch.setattr(receiver_module, "PATIENCE", 1)
    server.add(event(NOON))
    query.drain(cursor=0)
    server.events.clear()
    late = [event(NOON + 3600 * SECOND + n) for n in range(2)]
    server.add(*late)
    server.drop_after = [1] * 4
    assert query.drain()[1:] == late


def test_many_newer_events_settle_at_once_that_older_ones_are_gone(server, query, monkeypatch):
    monkeypatch.setattr(receiver_module, "LATE", 60)
    monkeypatch.setattr(resumption, "PROOF", 3)
    server.add(event(NOON))
    query.drain(cursor=0)
    server.events.clear()
    server.add(*(event(NOON + 3600 * SECOND + n) for n in range(3)))
    assert len(query.drain()) == 4


def test_a_batch_that_did_not_end_is_there_again_after_a_crash(server, query):
    events = [event(NOON + n * SECOND) for n in range(3)]
    server.add(*events)
    query.drain(cursor=0, commit=False)
    crashed, query.offset = query.offset, {"id": 0, "place": None}
    reader = JetstreamReader(server.url, query.file, None, 1, quiet=0.1)
    rows = [row[2] for part in reader.partitions(query.offset, crashed) for row in reader.read(part)]
    reader.stop()
    assert rows == events


def test_a_lost_spool_is_told_for_a_batch_that_was_begun_and_else_the_offset_is_enough(server, query):
    events = [event(NOON + n * SECOND) for n in range(4)]
    server.add(*events[:3])
    query.drain(cursor=0)
    query.file = query.file.with_name("another.db")
    reader = JetstreamReader(server.url, query.file, None, 1, quiet=0.1)
    with pytest.raises(SpoolGone, match=r"another\.db: lacks messages"):
        reader.partitions({"id": 0, "place": None}, query.offset)
    reader.stop()
    query.file = query.file.with_name("third.db")
    server.add(events[3])
    assert query.drain() == events[3:]
    assert query.offset["id"] == 4


def test_a_new_checkpoint_begins_behind_what_has_landed(server, query):
    events = [event(NOON + n * SECOND) for n in range(4)]
    server.add(*events)
    assert query.drain(begin=Place(NOON + SECOND, NOON + SECOND)) == events[2:]


def test_a_batch_is_cut_where_it_grows_too_large_and_a_spool_that_is_full_waits(server, query, monkeypatch):
    monkeypatch.setattr("spark_jobs.sources.jetstream_reader.BATCHES", 6)
    events = [event(NOON + n * SECOND, "x" * 5000) for n in range(60)]
    server.add(*events)
    assert query.drain(cursor=0, max_bytes=10_000) == events
    assert {len(batch) for batch in query.batches} == {2}


def test_an_address_that_the_server_refuses_is_said(server, query):
    server.status = HTTPStatus.BAD_REQUEST
    with pytest.raises(Refused, match="the server answers 400 InvalidRequest no; correct the address"):
        query.drain()


def test_a_server_that_is_not_there_is_said_to_be_so(server, query):
    server.status = HTTPStatus.SERVICE_UNAVAILABLE
    with pytest.raises(Exception, match=r"cannot be reached: .*503"):
        query.drain()


def test_bytes_that_are_no_event_are_messages_too(server, query):
    server.replay = [[event(NOON), b"nonsense"]]
    assert query.drain(cursor=0) == [event(NOON), b"nonsense"]
    assert query.rows[1][:2] == ("time_us/0", NOON + 1)


RECEIVING = """
import sys, time
from pathlib import Path
from spark_jobs.sources.receiver import Receiver
Receiver(sys.argv[1], Path(sys.argv[2]), begin=None, after=0, max_bytes=1 << 30).start()
time.sleep(60)
"""


def test_a_receiver_that_is_killed_at_any_moment_loses_and_doubles_nothing(server, query):
    events = [event(NOON + n, str(n)) for n in range(3000)]
    server.add(*events[:1000])
    arguments = [sys.executable, "-c", RECEIVING, f"{server.url}?cursor=0", str(query.file)]
    process = subprocess.Popen(arguments)
    try:
        _wait_until(lambda: query.file.exists() and Spool.at(query.file).newest() > 0)
        server.add(*events[1000:])
    finally:
        process.kill()
        process.wait()
    assert query.drain(cursor=0) == events


def _wait_until(happened):
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
