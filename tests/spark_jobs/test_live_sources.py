"""Kinesis and Jetstream land in `raw` through Spark, as their names in `--from` say."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import functions as F

from spark_jobs import record_feed
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import Landed, drain_raw
from spark_jobs.release import Outcome, release
from spark_jobs.sources.jetstream import JetstreamSource, spool_of
from spark_jobs.sources.kinds import parse_source
from spark_jobs.sources.kinesis import KinesisSource
from spark_jobs.sources.source import MessagesGone
from spark_jobs.stream import drain
from tests.jetstream_server import event, jetstream_server
from tests.kinesis_server import kinesis_server
from tests.small_pack import write_brief_pack
from tests.spark_jobs.sources.test_kpl import aggregated
from weir.error import WeirError
from weir.settings import settings

NOON = 1_786_500_000_000_000
SHARD = "shardId-000000000000"


@pytest.fixture
def kinesis(home):
    with kinesis_server() as server:
        server.create()
        yield server


@pytest.fixture
def jetstream(home):
    with jetstream_server() as server:
        yield server


@pytest.fixture
def small(home, monkeypatch):
    """A domain under the small pack."""
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
    return "small"


@pytest.fixture
def power_cut(monkeypatch):
    """No batch is appended to `raw` while the block runs."""

    @contextmanager
    def cut():
        def refuse(*_):
            raise OSError("the power is gone")

        with monkeypatch.context() as power:
            power.setattr(record_feed, "append_once", refuse)
            yield

    return cut()


def _login(event_id, days_ago):
    occurred_at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    return json.dumps({"event_id": event_id, "event_type": "login", "occurred_at": occurred_at}).encode()


def _raw(spark):
    return read_table(spark, settings().table("raw", "payments")).orderBy("seq").collect()


def _payloads(spark):
    return [bytes(row["payload"]) for row in _raw(spark)]


def test_kinesis_lands_in_order_through_a_split_and_behind_a_lost_checkpoint(spark, kinesis):
    source = KinesisSource("events")
    assert parse_source("kinesis:events") == source
    [first, *_] = kinesis.put(b"0", aggregated([b"1", b"2"]), *(b"%d" % n for n in range(3, 12)))
    assert drain_raw(spark, "payments", source) == Landed(0, 12)
    kinesis.put(b"12")
    kinesis.split(SHARD)
    kinesis.put(b"13", b"14")
    assert drain_raw(spark, "payments", source) == Landed(0, 3)
    assert drain_raw(spark, "payments", source) == Landed(0, 0)
    assert _payloads(spark) == [b"%d" % n for n in range(15)]
    rows = _raw(spark)
    assert (rows[0]["source"], rows[0]["partition"]) == ("kinesis:events", f"{SHARD}:{first}")
    assert [row["position"] for row in rows[:4]] == [0, 0, 1, 0]
    shutil.rmtree(settings().checkpoint("raw/payments/kinesis"))
    kinesis.put(b"15")
    assert drain_raw(spark, "payments", source, new_epoch=True) == Landed(0, 1)
    assert _payloads(spark)[-1] == b"15"


def test_a_first_batch_that_was_begun_and_cut_short_lands_at_the_next_start(spark, kinesis, power_cut):
    source = KinesisSource("events")
    kinesis.put(b"0", b"1")
    with power_cut, pytest.raises(StreamingQueryException):
        drain_raw(spark, "payments", source)
    kinesis.put(b"2")
    assert drain_raw(spark, "payments", source) == Landed(0, 3)


def test_a_stream_that_no_longer_keeps_its_records_stops_with_what_is_gone(spark, kinesis, monkeypatch):
    kinesis.put(b"0")
    drain_raw(spark, "payments", KinesisSource("events"))
    kinesis.stream.retention_period_hours = 0
    with pytest.raises(MessagesGone, match=f"kinesis:events: {SHARD} was read to"):
        drain_raw(spark, "payments", KinesisSource("events"))


def test_a_stream_that_is_not_there_is_said_to_be_missing(spark, kinesis):
    with pytest.raises(WeirError, match=r"Stream nowhere under account .* not found; check the name"):
        KinesisSource("nowhere").require_kept(spark, None, {})


def test_an_event_too_late_for_its_source_is_refused_until_it_is_released(spark, kinesis, small):
    source = KinesisSource("events")
    kinesis.put(_login("new", days_ago=1), _login("old", days_ago=3))
    drained = drain(spark, small, Intake(source, max_age=timedelta(days=2)))
    assert (drained.scored, drained.quarantined) == (1, 1)
    assert release(spark, small, None, "too_late") == [Outcome("too_late", 1, 1)]
    kinesis.put(_login("later", days_ago=3))
    drain_raw(spark, small, source)
    # who only scores what raw holds judges it as its source was last started
    drained = drain(spark, small, Intake())
    assert (drained.scored, drained.quarantined) == (1, 1)
    scored = read_table(spark, settings().table("scored", small)).collect()
    assert {row["event_id"]: row["source"] for row in scored} == {
        "new": "kinesis:events",
        "old": "release:kinesis:events",
    }


@pytest.mark.usefixtures("brief_payments")
def test_jetstream_lands_once_and_a_gap_is_a_row_of_quarantine(spark, jetstream):
    source = replace(JetstreamSource.at(f"{jetstream.url}?cursor=0"), quiet=1)
    jetstream.drop_after = [2]
    jetstream.add(*(event(NOON + n, str(n)) for n in range(5)))
    assert drain(spark, "payments", Intake(source)).landed == Landed(0, 5)
    jetstream.events.clear()
    jetstream.add(*(event(NOON + 10**10 + n) for n in range(2)))
    drained = drain(spark, "payments", Intake(replace(source, quiet=5)))
    assert (drained.landed, drained.quarantined) == (Landed(0, 3), 3)
    quarantine = read_table(spark, settings().table("quarantine", "payments"))
    [gap] = quarantine.where(F.col("reason") == "gap").collect()
    told = json.loads(gap["detail"][0]["value"])
    assert (told["after"], told["before"]) == (NOON + 4, NOON + 10**10)
    assert {row["source"] for row in _raw(spark)} == {f"jetstream:{jetstream.url}"}


def test_a_lost_checkpoint_of_jetstream_goes_on_behind_raw(spark, jetstream, power_cut):
    source = replace(JetstreamSource.at(f"{jetstream.url}?cursor=0"), quiet=1)
    jetstream.add(*(event(NOON + n, str(n)) for n in range(3)))
    drain_raw(spark, "payments", source)
    shutil.rmtree(settings().checkpoint("raw/payments/jetstream"))
    jetstream.add(event(NOON + 3))
    with power_cut, pytest.raises(StreamingQueryException):
        drain_raw(spark, "payments", source, new_epoch=True)
    # what was begun is made again from the spool, which does not know what had landed before it
    assert drain_raw(spark, "payments", source) == Landed(0, 1)
    jetstream.add(event(NOON + 4))
    assert drain_raw(spark, "payments", source) == Landed(0, 1)


def test_a_spool_is_on_this_machine_wherever_the_checkpoint_is(home):
    assert spool_of("/tmp/checkpoint") == spool_of("/tmp/checkpoint").absolute()
    assert (
        spool_of("s3a://bucket/raw/social") == settings().root / "spools/bucket/raw/social/spool/messages.db"
    )


@pytest.mark.parametrize("place", ["", "https://host/subscribe", "wss://", "wss://user:word@host/subscribe"])
def test_an_address_that_is_no_websocket_is_refused(place):
    with pytest.raises(WeirError, match="write wss://HOST/subscribe"):
        JetstreamSource.at(place)
