"""A clock that goes back, between runs and while one is under way, changes when things were said, never what or how."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from data_quality.books import books
from spark_jobs import batch_report, file_feed, scored, scorer
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource
from spark_jobs.stream import drain
from tests.small_pack import write_brief_pack
from weir.settings import settings

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock(monkeypatch):
    """A function: sets the clock that landing and scoring read; at each reading it goes back an hour more."""

    class Clock(datetime):
        at = NOON

        @classmethod
        def now(cls, tz=None):
            cls.at -= HOUR
            return cls.at

    for module in (file_feed, scored, scorer, batch_report):
        monkeypatch.setattr(module, "datetime", Clock)
    return lambda at: setattr(Clock, "at", at)


def payments(*numbers):
    """Payments of one user a second apart, an hour before noon."""
    at = NOON - HOUR
    events = [
        {
            "event_id": f"e{n}",
            "event_type": "payment",
            "occurred_at": (at + timedelta(seconds=n)).isoformat(),
            "user_id": "ann",
        }
        for n in numbers
    ]
    return "\n".join(map(json.dumps, events))


def age(folder, span):
    """Let every file have been written that much later: the clock was set back behind it."""
    for file in folder.rglob("*"):
        changed = file.stat().st_mtime + span.total_seconds()
        os.utime(file, (changed, changed))


def test_a_clock_set_back_loses_nothing_and_changes_no_feature(spark, home, clock, monkeypatch):
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
    folder = home / "in"
    folder.mkdir()
    # a batch for each file, each received an hour before the one before it, over midnight
    wanted = Intake(FilesSource(folder, max_files=1), batch_bytes="1b")
    for name, numbers in (("a", (0, 1)), ("b", (2, 3))):
        (folder / name).write_text(payments(*numbers))
    clock(NOON)
    drain(spark, "small", wanted)
    # between two runs the clock of the whole machine goes back too, that of Delta's commits among it
    age(home / "lake", timedelta(hours=9))
    age(home / "checkpoints", timedelta(hours=9))
    (folder / "c").write_text(payments(4, 2, 5))
    clock(NOON - 15 * HOUR)
    drain(spark, "small", wanted)
    # and so far that events are more than a day ahead of it: they are refused, as the contract has it
    (folder / "d").write_text(payments(6))
    clock(NOON - 36 * HOUR)
    drain(spark, "small", wanted)

    landed, judged, refused = (
        read_table(spark, settings().table(zone, "small")) for zone in ("raw", "scored", "quarantine")
    )
    received = [row["received_at"] for row in landed.orderBy("seq").collect()]
    assert received == sorted(received, reverse=True)
    assert len({row["received_date"] for row in landed.collect()}) > 2
    order = landed.orderBy("seq").select("partition", "position").collect()
    assert [row["partition"] for row in order] == ["a", "a", "b", "b", "c", "c", "c", "d"]
    assert [tuple(row) for row in order] == sorted(tuple(row) for row in order)
    assert landed.select("seq").distinct().count() == len(received)
    rows = judged.orderBy("seq").select("event_id", "user_payments_5m").collect()
    assert [tuple(row) for row in rows] == [(f"e{n}", n + 1) for n in range(6)]
    reasons = [(row["event_id"], row["reason"]) for row in refused.orderBy("seq").collect()]
    assert reasons == [("e2", "duplicate"), ("e6", "in_future")]
    (counted,) = books(landed, judged, refused).collect()
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, 8, 0)
