"""Each message becomes a typed event, or is told why not: its first fault, and all of them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from spark_jobs.judged import RAW_COLUMNS, VERDICT, filter_valid, judged
from weir.contract import load_contract
from weir.message import CUT, DEEPEST, LARGEST

CONTRACT = load_contract(
    """
domain: shop
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [sale, visit], required: true}
  occurred_at: {type: time, required: true, aliases: [timestamp]}
  user_id: {type: id}
  amount: {type: money, currency: currency, maximum: 1000000, required_for: [sale]}
  currency: {type: currency, required_for: [sale]}
  value: {type: units, minimum: 0, maximum: 1e31}
  visits: {type: integer, minimum: -5}
  ratio: {type: number, maximum: 2.5}
  is_member: {type: boolean}
  country: {type: country}
  ip_address: {type: ip}
  wallet: {type: address}
  note: {type: string}
  metadata: {type: map}
""",
    "contract.yml",
)
RAW = (
    "source string, partition string, position bigint, payload binary, format string, mapping string,"
    " received_at timestamp, received_date date, seq bigint, batch_id bigint"
)
RECEIVED = datetime(2026, 1, 31, 12)
VISIT = {"event_id": "e1", "event_type": "visit", "occurred_at": "2026-01-31T11:00:00Z"}
SALE = {**VISIT, "event_type": "sale", "amount": 9.5, "currency": "EUR"}


def _raw(
    spark: SparkSession, payloads: Iterable[object], form: str = "json", source: str = "kafka:shop"
) -> DataFrame:
    rows = [
        (source, "0", at, _bytes(payload), form, None, RECEIVED, RECEIVED.date(), at, 7)
        for at, payload in enumerate(payloads)
    ]
    return spark.createDataFrame(rows, RAW)


def _bytes(payload: object) -> bytearray | None:
    if payload is None or isinstance(payload, bytes):
        return None if payload is None else bytearray(payload)
    return bytearray((payload if isinstance(payload, str) else json.dumps(payload)).encode())


def _judged(spark: SparkSession, payloads: Iterable[object], max_age: timedelta | None = None) -> list[Row]:
    rows = _raw(spark, payloads).transform(judged(CONTRACT, max_age=max_age))
    return rows.orderBy("seq").collect()


def _reasons(
    spark: SparkSession, payloads: Iterable[object], max_age: timedelta | None = None
) -> list[str | None]:
    return [row["reason"] for row in _judged(spark, payloads, max_age)]


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
    (row,) = _judged(spark, [event])
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
    types = dict(_raw(spark, []).transform(judged(CONTRACT)).dtypes)
    assert {name: types[name] for name in CONTRACT.event_types} == CONTRACT.event_types
    assert types["detail"] == "array<struct<reason:string,column:string,value:string>>"


def test_a_valid_row_leaves_the_verdict_behind(spark):
    rows = _raw(spark, [VISIT, {}]).transform(judged(CONTRACT)).transform(filter_valid)
    assert [row["event_id"] for row in rows.collect()] == ["e1"]
    assert not set(VERDICT) & set(rows.columns)


def _nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


MESSAGES = {
    "not_json": [
        "",
        " ",
        "{",
        "event",
        '{"a":1} {"b":2}',
        '{"a":1} garbage',
        "{'a':1}",
        '{"a":NaN}',
        '{"a":01}',
        None,
    ],
    "not_object": ["[]", "[1]", '"text"', "17", "null", "true"],
    "invalid_utf8": [b'{"event_id":"\xff"}', b'{"event_id":"\xed\xa0\x80"}', "é".encode("utf-16")],
    "too_large": [" " * (LARGEST + 1), json.dumps({**VISIT, "note": "x" * 10_000_000})],
    "too_deep": [
        '{"a":' * 3000 + "1" + "}" * 3000,
        "[" * 100_000,
        '{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1),
    ],
    "duplicate_key": ['{"event_id":"a","event_id":"b"}', '{"event_id":"e1","metadata":{"a":1,"a":2}}'],
    "lone_surrogate": [r'{"note":"\ud83d"}', r'{"note":"\ude00"}', r'{"note":"\\\ud83dx"}', r'{"\ud83d":1}'],
    "control_character": ['{"note":"a\tb"}', '{"note":"a\x00b"}', '{"no\x01te":1}'],
    "inexact_number": ['{"amount":' + "9" * 1001 + "}"],
}


def test_a_message_that_cannot_be_read_is_told_why(spark):
    expected = [reason for reason, payloads in MESSAGES.items() for _ in payloads]
    assert _reasons(spark, [payload for payloads in MESSAGES.values() for payload in payloads]) == expected


def test_a_message_that_can_be_read_is(spark):
    text = json.dumps(VISIT)
    payloads = [
        text.encode("utf-8-sig"),
        text + "\r",
        f"  {text} \t",
        json.dumps({**VISIT, "note": r"\ud83d is text here"}),
        text[:-1] + r',"note":"\ud83d\ude00"}',
        json.dumps({**VISIT, "metadata": {"a": [{"b": [0] * 200}] * 200}}),
        f'{text[:-1]},"x":{_nested(DEEPEST - 1)}}}',
        json.dumps({**VISIT, "note": "[" * 500}),
    ]
    assert _reasons(spark, payloads) == [None] * len(payloads)


def test_an_unreadable_file_is_one_refused_row(spark):
    (row,) = (
        _raw(spark, [{"unreadable": "a.json.gz: truncated"}], form="unreadable")
        .transform(judged(CONTRACT))
        .collect()
    )
    assert (row["reason"], row["detail"][0]["value"]) == (
        "unreadable",
        '{"unreadable": "a.json.gz: truncated"}',
    )


def test_an_adapters_refusal_is_the_reason_of_its_part(spark):
    raw = _raw(spark, [VISIT, VISIT]).withColumns(
        {"part": F.col("seq").cast("int") + 3, "refusal": F.when(F.col("seq") == 1, "no_event")}
    )
    rows = raw.transform(judged(CONTRACT)).orderBy("seq").collect()
    assert [(row["part"], row["reason"]) for row in rows] == [(3, None), (4, "no_event")]


def test_a_mapping_nobody_knows_refuses_the_row(spark):
    raw = _raw(spark, [VISIT]).withColumn("mapping", F.lit("gone"))
    assert [row["reason"] for row in raw.transform(judged(CONTRACT)).collect()] == ["unknown_mapping"]


VALUES = [
    ("event_id", None, "missing"),
    ("event_id", "", "missing"),
    ("event_id", "  ", "missing"),
    ("event_id", 12345678901234567890, None),
    ("event_id", True, "wrong_type"),
    ("event_id", 1.5, "wrong_type"),
    ("event_id", 10**40, "wrong_type"),
    ("event_id", {"a": 1}, "wrong_type"),
    ("event_id", ["a"], "wrong_type"),
    ("event_id", "true", None),
    ("event_id", "{braces}", None),
    ("event_id", "1.5", None),
    ("event_id", "x" * 256, None),
    ("event_id", "x" * 257, "too_long"),
    ("event_id", "a\u0000b", "control_character"),
    ("event_id", "a\u200bb", "control_character"),
    ("event_type", "sail", "unknown_value"),
    ("event_type", "Visit", "unknown_value"),
    ("event_type", ["visit"], "wrong_type"),
    ("amount", -0.01, "negative"),
    ("amount", "-1e3", "negative"),
    ("amount", 0, None),
    ("amount", -0.0, None),
    ("amount", 1000000, None),
    ("amount", 1000000.01, "too_big"),
    ("amount", "1" * 60, "too_big"),
    ("amount", "9" * 1_000_000, "too_long"),
    ("visits", "-" + "9" * 1_000_000, "too_long"),
    ("ratio", "0." + "1" * 300, "too_long"),
    ("amount", 10**60, "inexact_number"),
    ("amount", "abc", "wrong_type"),
    ("amount", "1,5", "wrong_type"),
    ("amount", "1f", "wrong_type"),
    ("amount", "NaN", "wrong_type"),
    ("amount", True, "wrong_type"),
    ("amount", {"value": 5}, "wrong_type"),
    ("amount", 1.555, "too_many_decimals"),
    ("amount", "1.500", None),
    ("amount", "1e-3", "too_many_decimals"),
    ("amount", "1e-30", "too_many_decimals"),
    ("amount", "0." + "0" * 60 + "1", "too_many_decimals"),
    ("amount", "1.2e1", None),
    ("currency", "eur", "unknown_currency"),
    ("currency", "XXX", "unknown_currency"),
    ("currency", 978, "unknown_currency"),
    ("value", 10**31 + 1, "too_big"),
    ("value", 10**37, "too_big"),
    ("value", "1" + "0" * 31, None),
    ("value", -1, "negative"),
    ("value", 1.5, "too_many_decimals"),
    ("visits", 2**63 - 1, None),
    ("visits", 2**63, "too_big"),
    ("visits", str(10**45), "too_big"),
    ("visits", -6, "too_small"),
    ("visits", -(2**63) - 1, "too_small"),
    ("visits", 1.6, "too_many_decimals"),
    ("visits", 2.0, None),
    ("ratio", 2.6, "too_big"),
    ("ratio", "1e999", "too_big"),
    ("ratio", "x", "wrong_type"),
    ("is_member", "FALSE", None),
    ("is_member", "yes", "wrong_type"),
    ("country", "gb", "unknown_country"),
    ("country", "UK", "unknown_country"),
    ("country", False, "wrong_type"),
    ("ip_address", "1.2.3", "invalid_ip"),
    ("ip_address", "10.0.0.1:80", "invalid_ip"),
    ("ip_address", 17, "invalid_ip"),
    ("wallet", {}, "wrong_type"),
    ("note", "bell\u0007", "control_character"),
    ("note", 12, None),
    ("note", "", None),
    ("metadata", "text", "wrong_type"),
    ("metadata", ["a"], "wrong_type"),
    ("metadata", '{"a": 1}', None),
    ("metadata", '{"a":' * 3000, "wrong_type"),
    ("metadata", {}, None),
]


def test_a_value_is_judged_by_its_columns_type(spark):
    rows = _judged(spark, [{**SALE, name: value} for name, value, _ in VALUES])
    told = [(name, value, row["reason"]) for (name, value, _), row in zip(VALUES, rows, strict=True)]
    assert told == VALUES


def test_a_json_number_is_kept_exactly_or_refused(spark):
    numbers = ["0." + "1" * 40, "12345678901234567.5e0", "0.1" + "0" * 40 + "1", "9.5e0", "95e-1"]
    rows = _judged(spark, [json.dumps(SALE).replace("9.5", number) for number in numbers])
    assert [row["reason"] for row in rows] == ["inexact_number"] * 3 + [None] * 2
    assert {row["amount"] for row in rows[3:]} == {Decimal("9.5")}


def test_a_currency_decides_the_decimals_and_the_minor_units(spark):
    given = [("JPY", "150", 150), ("EUR", "1.5", 150), ("KWD", "1.555", 1555), ("CLF", "1.5555", 15555)]
    rows = _judged(spark, [{**SALE, "currency": code, "amount": amount} for code, amount, _ in given])
    assert [(row["reason"], row["amount_minor"]) for row in rows] == [(None, minor) for _, _, minor in given]
    assert _reasons(spark, [{**SALE, "currency": "JPY", "amount": "1.5"}]) == ["too_many_decimals"]


def test_an_amount_needs_its_currency_even_where_neither_is_required(spark):
    assert _reasons(spark, [{**VISIT, "amount": 5}, VISIT]) == ["missing", None]


def test_a_column_is_required_for_its_event_types_only(spark):
    rows = _judged(spark, [{**VISIT, "event_type": "sale"}, VISIT])
    assert [row["reason"] for row in rows] == ["missing", None]
    assert [fault["column"] for fault in rows[0]["detail"]] == ["amount", "currency"]


NOON = datetime(2026, 1, 31, 12)
TIMES = [
    ("2026-01-31T12:00:00Z", NOON),
    ("2026-01-31t12:00:00z", NOON),
    ("2026-01-31 12:00:00", NOON),
    ("2026-01-31T12:00:00", NOON),
    ("2026-01-31T14:00:00+02:00", NOON),
    ("2026-01-31T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
    (1769860800, NOON),
    (1769860800.25, NOON.replace(microsecond=250000)),
    ("1769860800", NOON),
    (1769860800123, NOON.replace(microsecond=123000)),
    (1769860800123456, NOON.replace(microsecond=123456)),
]


def test_a_time_is_rfc_3339_or_an_epoch_by_its_magnitude(spark):
    rows = _judged(spark, [{**VISIT, "occurred_at": text} for text, _ in TIMES])
    assert [(row["reason"], row["occurred_at"]) for row in rows] == [(None, moment) for _, moment in TIMES]


WRONG_TIMES = [
    ("2026-02-30T12:00:00Z", "invalid_time"),
    ("2026-01-31", "invalid_time"),
    ("12:00:00", "invalid_time"),
    ("2026-01-31T12:00:00 Europe/Paris", "invalid_time"),
    ("31/01/2026 12:00:00", "invalid_time"),
    ("now", "invalid_time"),
    (10**18, "invalid_time"),
    ("9" * 1_000_000, "invalid_time"),
    ({"$date": 0}, "wrong_type"),
    (True, "wrong_type"),
    (0, "too_old"),
    ("1999-12-31T23:59:59Z", "too_old"),
    ("2000-01-01T00:00:00Z", None),
    ("2026-02-01T12:00:00Z", None),
    ("2026-02-01T12:00:00.000001Z", "in_future"),
    ("9999-12-31T23:59:59Z", "in_future"),
]


def test_a_time_outside_its_bounds_is_refused(spark):
    reasons = _reasons(spark, [{**VISIT, "occurred_at": given} for given, _ in WRONG_TIMES])
    assert list(zip([given for given, _ in WRONG_TIMES], reasons, strict=True)) == WRONG_TIMES


def test_only_a_live_source_has_events_that_are_too_late(spark):
    week_old = [
        {**VISIT, "occurred_at": "2026-01-24T11:59:59Z"},
        {**VISIT, "occurred_at": "2026-01-24T12:00:00Z"},
    ]
    week = timedelta(days=7)
    assert _reasons(spark, week_old, max_age=week) == ["too_late", None]
    for source in ("files:/data", "release:kafka:t"):
        rows = _raw(spark, week_old, source=source).transform(judged(CONTRACT, max_age=week)).collect()
        assert [row["reason"] for row in rows] == [None, None]


def test_an_alias_stands_in_and_may_not_contradict(spark):
    aliased = {"event_id": "e1", "event_type": "visit", "timestamp": VISIT["occurred_at"]}
    rows = _judged(
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
    (row,) = _judged(spark, [event])
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
    rows = _judged(spark, payloads)
    assert [(row["event_id"], row["event_type"]) for row in rows] == [
        ("e1", "visit"),
        ("e1", None),
        ("e1", None),
        (None, None),
    ]


ADDRESSES = [
    "0.0.0.0",
    "255.255.255.255",
    "127.0.0.1",
    "01.2.3.4",
    "1.2.3.256",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.4/8",
    "::",
    "::1",
    "1::",
    "1::8",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    ":::",
    ":1",
    "1:",
    "12345::",
    "fe80::1%eth0",
    "1:2:3:4:5:6:1.2.3.4",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.256",
    "1::3:4:5:6:7:8",
    "1::2:3:4:5:6:7:8",
    "g::",
    "2001:db8:0:0:0:0:2:1",
    "[::1]",
    "1.2.3.4:",
    "::1.2.3.4:5",
]


def _is_address(text: str) -> bool:
    try:
        return "%" not in str(ipaddress.ip_address(text))
    except ValueError:
        return False


def test_an_ip_address_is_what_python_takes_for_one(spark):
    reasons = _reasons(spark, [{**VISIT, "ip_address": text} for text in ADDRESSES])
    assert reasons == [None if _is_address(text) else "invalid_ip" for text in ADDRESSES]


def test_csv_rows_are_judged_as_texts(spark):
    row = {
        **dict.fromkeys(CONTRACT.event_types),
        **SALE,
        "amount": "9.50",
        "visits": "3",
        "is_member": "true",
    }
    (judged_row,) = (
        _raw(spark, [{**row, "metadata": '{"a": "b"}'}], form="csv").transform(judged(CONTRACT)).collect()
    )
    assert judged_row["reason"] is None
    assert (judged_row["amount_minor"], judged_row["visits"], judged_row["metadata"]) == (950, 3, {"a": "b"})
