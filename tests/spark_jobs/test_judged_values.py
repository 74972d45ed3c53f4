"""A value is judged by its column's type."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce

from pyspark.sql import DataFrame

from spark_jobs.judged import judged
from tests.spark_jobs.shop import CONTRACT, SALE, VISIT, judged_rows, raw_rows, reasons

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
    rows = judged_rows(spark, [{**SALE, name: value} for name, value, _ in VALUES])
    told = [(name, value, row["reason"]) for (name, value, _), row in zip(VALUES, rows, strict=True)]
    assert told == VALUES


def test_a_json_number_is_kept_exactly_or_refused(spark):
    inexact = ["0." + "1" * 40, "12345678901234567.5e0", "0.1" + "0" * 40 + "1", "9007199254740993e3"]
    exact = ["9.5e0", "95e-1", "950000000000000e-14", "9.50000000000000E+0"]
    rows = judged_rows(spark, [json.dumps(SALE).replace("9.5", number) for number in inexact + exact])
    assert [row["reason"] for row in rows] == ["inexact_number"] * len(inexact) + [None] * len(exact)
    assert {row["amount"] for row in rows[len(inexact) :]} == {Decimal("9.5")}


def test_the_digits_of_a_text_make_no_number_inexact(spark):
    notes = ["0f12345678901234567e8", "12345678901234567e8", "1" * 40, "tx 12345678901234567e8f"]
    rows = judged_rows(spark, [{**VISIT, "value": 1e18, "note": note} for note in notes])
    assert [(row["reason"], row["value"]) for row in rows] == [(None, 10**18)] * len(notes)


def test_a_number_is_judged_by_a_bound_of_any_size(spark):
    wide = replace(CONTRACT.column("ratio"), minimum=Decimal("-1e40"), maximum=Decimal("1e300"))
    contract = replace(CONTRACT, columns=tuple(wide if c.name == "ratio" else c for c in CONTRACT.columns))
    given = [("1e300", None), ("1.1e300", "too_big"), ("-1e40", None), ("-1.1e40", "too_small"), (2.6, None)]
    rows = raw_rows(spark, [{**VISIT, "ratio": ratio} for ratio, _ in given]).transform(judged(contract))
    assert [row["reason"] for row in rows.orderBy("seq").collect()] == [reason for _, reason in given]


def test_a_currency_decides_the_decimals_and_the_minor_units(spark):
    given = [("JPY", "150", 150), ("EUR", "1.5", 150), ("KWD", "1.555", 1555), ("CLF", "1.5555", 15555)]
    rows = judged_rows(spark, [{**SALE, "currency": code, "amount": amount} for code, amount, _ in given])
    assert [(row["reason"], row["amount_minor"]) for row in rows] == [(None, minor) for _, _, minor in given]
    assert reasons(spark, [{**SALE, "currency": "JPY", "amount": "1.5"}]) == ["too_many_decimals"]


def test_an_amount_needs_its_currency_even_where_neither_is_required(spark):
    assert reasons(spark, [{**VISIT, "amount": 5}, VISIT]) == ["missing", None]


def test_a_column_is_required_for_its_event_types_only(spark):
    rows = judged_rows(spark, [{**VISIT, "event_type": "sale"}, VISIT])
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
    rows = judged_rows(spark, [{**VISIT, "occurred_at": text} for text, _ in TIMES])
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
    found = reasons(spark, [{**VISIT, "occurred_at": given} for given, _ in WRONG_TIMES])
    assert list(zip([given for given, _ in WRONG_TIMES], found, strict=True)) == WRONG_TIMES


def test_only_a_live_source_has_events_that_are_too_late(spark):
    week_old = [
        {**VISIT, "occurred_at": "2026-01-24T11:59:59Z"},
        {**VISIT, "occurred_at": "2026-01-24T12:00:00Z"},
    ]
    bounds = {"kinesis": timedelta(days=1), "kafka": timedelta(days=7)}
    expected = {
        "kafka:t": ["too_late", None],
        "kinesis:t": ["too_late", "too_late"],
        "files:/data": [None, None],
        "release:kafka:t": [None, None],
        "jetstream:ws://host": [None, None],
    }
    landed = [raw_rows(spark, week_old, source=source) for source in expected]
    rows = reduce(DataFrame.unionByName, landed).transform(judged(CONTRACT, max_ages=bounds)).collect()
    found = {source: [row["reason"] for row in rows if row["source"] == source] for source in expected}
    assert found == expected


ADDRESSES = [
    "1.2.3.4\n",
    "1.2.3.4\u2028",
    "::1\r\n",
    "1.2.3.4\u200b",
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
    found = reasons(spark, [{**VISIT, "ip_address": text} for text in ADDRESSES])
    assert found == [None if _is_address(text) else "invalid_ip" for text in ADDRESSES]
