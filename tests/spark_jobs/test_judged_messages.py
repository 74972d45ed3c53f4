"""A message that cannot be read as an event is told why."""

from __future__ import annotations

import json

from pyspark.sql import functions as F

from spark_jobs.judged import judged
from tests.spark_jobs.shop import CONTRACT, VISIT, raw_rows, reasons
from weir.message import DEEPEST, LARGEST


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
    assert reasons(spark, [payload for payloads in MESSAGES.values() for payload in payloads]) == expected


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
    assert reasons(spark, payloads) == [None] * len(payloads)


def test_an_unreadable_file_is_one_refused_row(spark):
    (row,) = (
        raw_rows(spark, [{"unreadable": "a.json.gz: truncated"}], form="unreadable")
        .transform(judged(CONTRACT))
        .collect()
    )
    assert (row["reason"], row["detail"][0]["value"]) == (
        "unreadable",
        '{"unreadable": "a.json.gz: truncated"}',
    )


def test_an_adapters_refusal_is_the_reason_of_its_part(spark):
    raw = raw_rows(spark, [VISIT, VISIT]).withColumns(
        {"part": F.col("seq").cast("int") + 3, "refusal": F.when(F.col("seq") == 1, "no_event")}
    )
    rows = raw.transform(judged(CONTRACT)).orderBy("seq").collect()
    assert [(row["part"], row["reason"]) for row in rows] == [(3, None), (4, "no_event")]


def test_a_mapping_nobody_knows_refuses_the_row(spark):
    raw = raw_rows(spark, [VISIT]).withColumn("mapping", F.lit("gone"))
    assert [row["reason"] for row in raw.transform(judged(CONTRACT)).collect()] == ["unknown_mapping"]
