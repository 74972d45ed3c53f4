"""Foreign files become the contract's events, or rejects that say why, line by line and in order."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from spark_jobs.adapted import adapted
from weir.mapping import ColumnMapping
from weir.pack import load_pack

PAYMENTS = load_pack("payments").contract
MAPPING = ColumnMapping(
    (
        ("event_id", "concat('p', n)"),
        ("event_type", "'payment'"),
        ("occurred_at", "at"),
        ("user_id", "'u'"),
        ("merchant_id", "'m'"),
        ("amount", "total"),
        ("currency", "'EUR'"),
    )
)
NOON = "2026-01-31T12:00:00Z"


@pytest.fixture
def lines(spark):
    def lines_of(files, form="json", mapping=None):
        rows = adapted(spark, PAYMENTS, files, form, mapping).collect()
        return [(row["is_event"], json.loads(row["line"])) for row in rows]

    return lines_of


def test_events_and_rejects_come_in_the_order_of_the_files(tmp_path, lines):
    one, two = tmp_path / "b.csv", tmp_path / "a.csv"
    one.write_text(f"n,at,total\n1,{NOON},12.5\n2,noon,3\n")
    two.write_text(f"n,at,total\n3,{NOON},0.01\n")
    event, reject, other = lines([one, two], "csv", MAPPING)
    assert event == (
        True,
        {
            "event_id": "p1",
            "event_type": "payment",
            "occurred_at": "2026-01-31T12:00:00.000000Z",
            "user_id": "u",
            "merchant_id": "m",
            "amount": "12.5000",
            "currency": "EUR",
        },
    )
    assert reject == (
        False,
        {
            "reason": "invalid_time",
            "detail": [{"reason": "invalid_time", "column": "occurred_at", "value": "noon"}],
            "source": f"files:{tmp_path}",
            "partition": "b.csv",
            "position": 1,
            "part": 0,
        },
    )
    assert (other[0], other[1]["event_id"]) == (True, "p3")


def test_what_it_writes_is_read_again_as_the_same_events(tmp_path, lines):
    table = {
        "n": ["1", "2"],
        "at": [1769860800123456, 1769860800],
        "total": [Decimal("1234567.89"), Decimal(2)],
    }
    parquet.write_table(pa.table(table), tmp_path / "in.parquet")
    first = lines([tmp_path / "in.parquet"], "parquet", MAPPING)
    assert [(is_event, event["event_id"]) for is_event, event in first] == [(True, "p1"), (True, "p2")]
    (tmp_path / "out.jsonl").write_text("".join(json.dumps(event) + "\n" for _, event in first))
    assert lines([tmp_path / "out.jsonl"]) == first
