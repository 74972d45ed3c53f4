"""`weir quarantine`: looking changes nothing, a trial says what a repair would help, a release puts it back."""

import json

import pytest

from spark_jobs.intake import Intake
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import drain
from tests.small_pack import write_brief_pack
from weir.warehouse import sql

PAYMENT = {
    "event_id": "good",
    "event_type": "payment",
    "occurred_at": "2026-01-31T12:00:00Z",
    "user_id": "ann",
    "amount": "12.50",
    "currency": "EUR",
}
LINES = [
    PAYMENT,
    PAYMENT | {"event_id": "small", "currency": "eur"},
    PAYMENT | {"event_id": "odd", "amount": "x"},
]
REPAIR = """
def repair(payload):
    return payload.replace(b'"eur"', b'"EUR"')
"""


@pytest.fixture
def refused(spark, home, monkeypatch):
    """A lake that has refused two of three messages, and a repair for one of them."""
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
    (home / "in").mkdir()
    (home / "in" / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    (home / "repair.py").write_text(REPAIR)
    drain(spark, "small", Intake(FilesSource(home / "in")))
    return home


def test_people_see_each_reason_and_its_newest_message(sample_home, weir):
    ended = weir("quarantine", "payments")
    table, _, newest = ended.out.partition("newest that were not released")
    assert ended.code == 0
    rows = {line.split()[0]: line.split()[1:4] for line in table.splitlines() if line.startswith("missing")}
    assert rows == {"missing_amount": ["10", "0", "10"]}
    assert '{"amount": 1}' in newest


def test_a_message_is_looked_at_tried_and_put_back(refused, weir):
    looked = json.loads(weir("quarantine", "small", "--reason", "unknown_currency", "--json").out)
    assert [(row["reason"], row["open"], row["released"]) for row in looked] == [("unknown_currency", 1, 0)]
    (sample,) = looked[0]["samples"]
    assert (sample["column"], sample["value"], sample["event_id"]) == ("currency", "eur", "small")

    repair = ["--repair", str(refused / "repair.py")]
    tried = weir("quarantine", "small", *repair)
    assert (tried.code, tried.out.splitlines()[-1]) == (
        0,
        "nothing was written; put the 1 back with --release",
    )
    assert raw() == 3

    released = {
        row.pop("reason"): row
        for row in json.loads(weir("quarantine", "small", *repair, "--release", "--json").out)
    }
    assert released == {
        "unknown_currency": {"tried": 1, "valid": 1, "released": 1, "refused": {}},
        "wrong_type": {"tried": 1, "valid": 0, "released": 0, "refused": {"wrong_type": 1}},
    }
    assert raw() == 4
    assert weir("quarantine", "small", *repair, "--release").out.splitlines()[-1] == "nothing to release"


def raw():
    return sql("select count(*) from raw_small").rows[0][0]
