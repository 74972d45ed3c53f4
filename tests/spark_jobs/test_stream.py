"""Messages through both queries: every one ends in one row, whatever breaks between."""

import pytest

from domains.faults import Faults
from domains.simulation import simulate
from orchestration.streaming import drain_domains, intakes
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource, LeftOut
from spark_jobs.lease import LeaseHeld
from spark_jobs.stream import drain
from spark_jobs.writing import writing
from tests.arrivals import write_files
from tests.small_pack import write_brief_pack
from weir.settings import settings

EVENTS = 600
FAULTS = Faults(duplicate=0.02, late=0.02, out_of_order=0.02, malformed=0.03)


@pytest.fixture(scope="module")
def lines():
    """An arrival order with late rows, duplicates and malformed messages."""
    return [message.body for message in simulate("payments", EVENTS, seed=7, faults=FAULTS).messages()]


def drained(spark, folder):
    return drain(spark, "payments", Intake(FilesSource(folder)))


def table(spark, zone):
    return read_table(spark, settings().table(zone, "payments"))


def settled_keys(spark):
    """The raw key and part of every row of scored and quarantine."""
    key = ["source", "partition", "position", "part"]
    both = table(spark, "scored").select(*key).unionAll(table(spark, "quarantine").select(*key))
    return sorted(tuple(row) for row in both.collect())


def raw_keys(spark):
    return sorted(
        (*row, 0) for row in table(spark, "raw").select("source", "partition", "position").collect()
    )


@pytest.mark.usefixtures("brief_payments")
def test_draining_again_changes_nothing(spark, home, lines):
    folder = write_files(home / "in", lines[:50], 1)
    first = drained(spark, folder)
    again = drained(spark, folder)
    assert first.landed.messages == 50
    assert (again.landed.messages, again.scored, again.quarantined) == (0, 0, 0)
    assert settled_keys(spark) == raw_keys(spark)


@pytest.mark.usefixtures("brief_payments")
def test_a_rewritten_file_is_left_out_and_named_at_the_end(spark, home, lines):
    folder = write_files(home / "in", lines[:40], 2)
    drained(spark, folder)
    (folder / "part-001.jsonl").write_bytes(lines[50] + b"\n")
    (folder / "part-002.jsonl").write_bytes(lines[60] + b"\n")
    with pytest.raises(LeftOut, match=r"part-001\.jsonl"):
        drained(spark, folder)
    assert table(spark, "raw").count() == 41
    assert settled_keys(spark) == raw_keys(spark)


def test_a_file_left_out_of_one_domain_is_told_when_the_others_are_done_too(spark, home, monkeypatch):
    for domain in ("first", "second"):
        monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs", domain).parent))
        (home / "in" / domain).mkdir(parents=True)
        (home / "in" / domain / "a.jsonl").write_text("old\n")
    wanted = intakes(["first", "second"], f"files:{home}/in/{{domain}}", None, None, new_epoch=False)
    assert [one.quarantined for one in drain_domains(wanted)] == [1, 1]
    (home / "in" / "first" / "a.jsonl").write_text("new\n")
    (home / "in" / "second" / "b.jsonl").write_text("b\n")
    with pytest.raises(LeftOut, match=r"first/a\.jsonl: rewritten"):
        drain_domains(wanted)
    assert read_table(spark, settings().table("quarantine", "second")).count() == 2


@pytest.mark.usefixtures("brief_payments")
def test_a_second_writer_of_a_domain_is_refused(spark, home, lines):
    folder = write_files(home / "in", lines[:5], 1)
    with writing("payments", "another stream"), pytest.raises(LeaseHeld, match="another stream"):
        drained(spark, folder)
