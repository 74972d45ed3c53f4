"""Each message becomes a typed event, or is told why not: its first fault, and all of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from spark_jobs.judged import RAW_COLUMNS, VERDICT, filter_valid, judged
from tests.spark_jobs.shop import CONTRACT, RECEIVED, SALE, VISIT, judged_rows, raw_rows
from weir.message import CUT


def test_a_valid_event_has_typed_columns_and_no_reason(spark):
    event = {
        **SALE,
        "user_id": "u 1, é:-",
        "value": 10**31,
        "visits": "-5",
        "ratio": 2.5,
        "is_member": True,
        "country": "GB",
        "ip_address": "2001:DB8::1",
        "wallet": " 0xABC ",
        "note": "two\nlines",
        "metadata": {"campaign": "c", "size": 1.5, "on": True, "none": None, "list": [1, {"a": "b"}]},
        "unknown": "ignored",
    }
    (row,) = judged_rows(spark, [event])
    assert row.asDict() == {
        **dict(zip(RAW_COLUMNS, ("kafka:shop", "0", 0, 0, 0, RECEIVED, RECEIVED.date(), 7), strict=True)),
        "event_id": "e1",
        "event_type": "sale",
        "occurred_at": datetime(2026, 1, 31, 11),
        "user_id": "u 1, é:-",
        "amount": Decimal("9.5000"),
        "amount_minor": 950,
        "currency": "EUR",
        "value": Decimal(10**31),
        "visits": -5,
        "ratio": 2.5,
        "is_member": True,
        "country": "GB",
        "ip_address": "2001:db8::1",
        "wallet": "0xabc",
        "note": "two\nlines",
        "metadata": {"campaign": "c", "size": "1.5", "on": "true", "none": None, "list": '[1,{"a":"b"}]'},
        "reason": None,
        "detail": None,
    }


def test_a_row_has_the_contracts_types(spark):
    types = dict(raw_rows(spark, []).transform(judged(CONTRACT)).dtypes)
    assert {name: types[name] for name in CONTRACT.event_types} == CONTRACT.event_types
    assert types["detail"] == "array<struct<reason:string,column:string,value:string>>"


def test_a_valid_row_leaves_the_verdict_behind(spark):
    rows = raw_rows(spark, [VISIT, {}]).transform(judged(CONTRACT)).transform(filter_valid)
    assert [row["event_id"] for row in rows.collect()] == ["e1"]
    assert not set(VERDICT) & set(rows.columns)


def test_an_alias_stands_in_and_may_not_contradict(spark):
    aliased = {"event_id": "e1", "event_type": "visit", "timestamp": VISIT["occurred_at"]}
    rows = judged_rows(
        spark,
        [
            aliased,
            {**aliased, **VISIT},
            {**aliased, "occurred_at": None},
            {**VISIT, "timestamp": "2026-01-31T11:00:01Z"},
        ],
    )
    assert [row["reason"] for row in rows] == [None, None, None, "conflicting_alias"]
    assert {row["occurred_at"] for row in rows[:3]} == {datetime(2026, 1, 31, 11)}


def test_the_reason_is_the_first_of_all_faults_in_contract_order(spark):
    event = {
        "ip_address": "nowhere",
        "amount": "abc",
        "event_type": "sale",
        "event_id": "e1",
        "country": "x" * 300,
    }
    (row,) = judged_rows(spark, [event])
    assert row["reason"] == "missing"
    assert [tuple(fault) for fault in row["detail"]] == [
        ("missing", "occurred_at", None),
        ("wrong_type", "amount", "abc"),
        ("missing", "currency", None),
        ("unknown_country", "country", "x" * CUT),
        ("invalid_ip", "ip_address", "nowhere"),
    ]


def test_a_refused_event_keeps_the_id_and_the_known_type_it_can_be_found_by(spark):
    payloads = [
        {**VISIT, "country": "UK"},
        '{"event_id":"e1","event_type":"visit","event_type":"sale"}',
        {**VISIT, "event_type": "sail"},
        "{",
    ]
    rows = judged_rows(spark, payloads)
    assert [(row["event_id"], row["event_type"]) for row in rows] == [
        ("e1", "visit"),
        ("e1", None),
        ("e1", None),
        (None, None),
    ]


def test_csv_rows_are_judged_as_texts(spark):
    row = {
        **dict.fromkeys(CONTRACT.event_types),
        **SALE,
        "amount": "9.50",
        "visits": "3",
        "is_member": "true",
    }
    (judged_row,) = (
        raw_rows(spark, [{**row, "metadata": '{"a": "b"}'}], form="csv").transform(judged(CONTRACT)).collect()
    )
    assert judged_row["reason"] is None
    assert (judged_row["amount_minor"], judged_row["visits"], judged_row["metadata"]) == (950, 3, {"a": "b"})
