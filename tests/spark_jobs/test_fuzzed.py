"""Whatever arrives is in the books: no bytes stop the stream, none are lost."""

from itertools import accumulate

import pytest

from data_quality.books import books
from domains.simulation import simulate
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import drain
from tests.fuzz import anything, fuzzed
from tests.narrow_payments import write_narrow_payments
from weir.settings import settings

RECORDS = 100_000


@pytest.fixture(scope="module")
def records():
    some = anything(lists=5)
    sound = [message.body for message in simulate("payments", 2_000, seed=5).messages()]
    return [*some, *fuzzed([body for body in sound if _is_object(body)], RECORDS - len(some), seed=5)]


def _is_object(body):
    return body.startswith(b'{"event_id":"pay') and body.endswith(b"}") and body.isascii()


@pytest.fixture(scope="module")
def tables(spark, tmp_path_factory, records):
    """raw, scored and quarantine when all records went through both queries at once."""
    home = tmp_path_factory.mktemp("fuzzed")
    (home / "in").mkdir()
    (home / "in" / "records.jsonl").write_bytes(b"".join(record + b"\n" for record in records))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(home))
        patch.setenv("WEIR_DOMAINS", str(write_narrow_payments(home / "packs")))
        drain(spark, "payments", Intake(FilesSource(home / "in")))
        yield [
            read_table(spark, settings().table(zone, "payments")) for zone in ("raw", "scored", "quarantine")
        ]


@pytest.fixture(scope="module")
def settled(tables):
    """The positions of all rows of scored and quarantine."""
    _, scored, quarantine = tables
    positions = scored.select("position").unionAll(quarantine.select("position"))
    return {row["position"] for row in positions.collect()}


def lost(records, settled):
    """The places of the records that no settled row is of."""
    starts = [0, *accumulate(len(record) + 1 for record in records[:-1])]
    return [place for place, start in enumerate(starts) if start not in settled]


def test_each_of_100_000_fuzzed_records_is_scored_or_quarantined_and_none_kills_its_batch(
    records, tables, settled, figures
):
    (counted,) = books(*tables).collect()
    _, _, quarantine = tables
    assert (len(records), lost(records, settled)) == (RECORDS, [])
    assert (counted["balanced"], counted["pending"]) == (True, 0)
    # several objects on one line are a message each
    assert counted["raw"] == counted["scored"] + counted["quarantined"] >= RECORDS
    assert min(counted["scored"], counted["quarantined"]) > RECORDS / 10
    assert quarantine.where("reason = 'poison'").isEmpty()
    zones = ", ".join(f"{counted[name]} {name}" for name in ("raw", "scored", "quarantined", "pending"))
    figures(f"{len(records)} records, none lost; {zones}")


def test_a_record_that_were_lost_would_be_seen(records, settled):
    second = len(records[0]) + 1
    assert lost(records, settled - {second}) == [1]
