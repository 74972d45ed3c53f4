"""Foreign rows are judged through their mapping, each by the one it names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.judged import judged
from weir.contract import Column, load_contract
from weir.mapping import AS_JSON, ColumnMapping, load_mapping, with_schema

CONTRACT = load_contract(
    """
domain: shop
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [sale], required: true}
  occurred_at: {type: time, required: true}
  user_id: {type: id}
  amount: {type: money, currency: currency, maximum: 1000000}
  currency: {type: currency}
  value: {type: units, maximum: 1e31}
  note: {type: string}
  metadata: {type: map}
""",
    "contract.yml",
)
RECEIVED = datetime(2026, 1, 31, 12)
NEEDED = """columns:
  event_id: ID
  event_type: "'sale'"
  occurred_at: AT
"""


def _mapping(more: str = "", needed: str = NEEDED) -> ColumnMapping:
    return load_mapping(needed + more, "mine.yml", CONTRACT)


def _raw(rows: DataFrame, mapping: ColumnMapping | None) -> DataFrame:
    """A frame of `payload` texts -> raw rows that name the mapping."""
    return rows.select(
        F.lit("files:/in").alias("source"),
        F.lit("a").alias("partition"),
        F.monotonically_increasing_id().alias("position"),
        F.col("payload").cast("binary").alias("payload"),
        F.lit("json").alias("format"),
        F.lit(mapping.hash if mapping else None).cast("string").alias("mapping"),
        F.lit(RECEIVED).alias("received_at"),
        F.lit(RECEIVED.date()).alias("received_date"),
        F.monotonically_increasing_id().alias("seq"),
        F.lit(0).cast("bigint").alias("batch_id"),
    )


def _json(spark: SparkSession, *rows: Mapping[str, object]) -> DataFrame:
    return spark.createDataFrame([(json.dumps(row),) for row in rows], "payload string")


def test_json_fields_are_texts_and_nested_ones_json(spark):
    mapping = _mapping("  user_id: get_json_object(WHO, '$.name')\n  value: V\n  metadata: EXTRA\n")
    row = {"ID": 17, "AT": "1769860800", "WHO": {"name": "é"}, "V": 10**31, "EXTRA": {"a": 1}}
    raw = _raw(_json(spark, row), mapping)
    (event,) = raw.transform(judged(CONTRACT, {mapping.hash: mapping})).collect()
    assert event["reason"] is None
    assert (event["event_id"], event["user_id"], event["value"]) == ("17", "é", Decimal(10**31))
    assert (event["occurred_at"], event["metadata"]) == (RECEIVED, {"a": "1"})


def test_a_parquet_row_comes_back_in_its_own_types(spark):
    table = spark.range(1).selectExpr(
        "9007199254740993L as ID",
        "timestamp'2026-01-31 11:00:00.123456' as AT",
        "57.16d as PRICE",
        "double('NaN') as MISSING",
        "date'2026-01-30' as DAY",
        "named_struct('a', 1, 'b', true) as EXTRA",
    )
    schema = ", ".join(f"{name} {kind}" for name, kind in table.dtypes)
    mapping = _mapping(
        "  amount: PRICE\n  currency: \"'EUR'\"\n  value: MISSING\n  note: DAY\n  metadata: EXTRA\n"
    )
    mapping = with_schema(mapping, schema, table.columns)
    payloads = table.select(F.to_json(F.struct("*"), AS_JSON).alias("payload"))
    (event,) = _raw(payloads, mapping).transform(judged(CONTRACT, {mapping.hash: mapping})).collect()
    assert event["reason"] is None
    assert event["event_id"] == "9007199254740993"
    assert event["occurred_at"] == datetime(2026, 1, 31, 11, 0, 0, 123456)
    assert (event["amount"], event["amount_minor"], event["value"]) == (Decimal("57.1600"), 5716, None)
    assert (event["note"], event["metadata"]) == ("2026-01-30 00:00:00", {"a": "1", "b": "true"})


def test_what_an_expression_gives_is_judged_like_any_value(spark):
    mapping = _mapping('  amount: cast(P as decimal(20,6)) / 100\n  currency: "upper(C)"\n')
    good = {"ID": "e", "AT": "2026-01-31T11:00:00Z", "P": "1234", "C": "eur"}
    rows = [
        good,
        {**good, "P": "1"},
        {**good, "P": "1.5"},
        {**good, "C": "x"},
        {**good, "ID": " "},
        {**good, "AT": "x"},
    ]
    raw = _raw(_json(spark, *rows).coalesce(1), mapping)
    events = raw.transform(judged(CONTRACT, {mapping.hash: mapping})).orderBy("seq").collect()
    assert [event["reason"] for event in events] == [
        None,
        None,
        "too_many_decimals",
        "unknown_currency",
        "missing",
        "invalid_time",
    ]


def _meanings(
    spark: SparkSession, expressions: Iterable[str], row: Mapping[str, object]
) -> dict[str, str | None]:
    """Expression -> what it gives for the row, as text."""
    names = {f"text_{place}": sql for place, sql in enumerate(expressions)}
    contract = replace(CONTRACT, columns=(*CONTRACT.columns, *(Column(name, "string") for name in names)))
    text = NEEDED + "".join(f"  {name}: {json.dumps(sql)}\n" for name, sql in names.items())
    mapping = load_mapping(text, "mine.yml", contract)
    raw = _raw(_json(spark, {"ID": "e", "AT": "2026-01-31T11:00:00Z", **row}), mapping)
    (event,) = raw.transform(judged(contract, {mapping.hash: mapping})).collect()
    assert event["reason"] is None
    return {sql: event[name] for name, sql in names.items()}


BAD_VALUES = [
    "cast(A as int)",
    "A + 1",
    "A / 0",
    "5 / 0",
    "5 % 0",
    "9223372036854775807 + 1",
    "cast(9223372036854775807 as bigint) * 2",
    "to_timestamp(A)",
    "to_date(A)",
    "timestamp_millis(cast(A as bigint))",
    "case when A > 5 then 'more' end",
    "A * 2",
    "get_json_object(A, '$.b')",
    "cast(3000000000 as int)",
    "cast(1e30 as bigint)",
]


def test_a_bad_value_is_null_and_never_an_error(spark):
    assert _meanings(spark, BAD_VALUES, {"A": "abc"}) == dict.fromkeys(BAD_VALUES)


MEANINGS = {
    "concat_ws('-', A, B)": "abc-7",
    "substring(A, 2, 1)": "b",
    "coalesce(nullif(A, 'abc'), B, 'x')": "7",
    "if(B > 5, 'more', 'less')": "more",
    "case B when '7' then initcap(A) else 'none' end": "Abc",
    "B + 1": "8.0",
    "cast(B as int) * 3": "21",
    "cast(B as decimal(10,2)) / 2": "3.500000",
    "regexp_replace(A, '[ab]+', '_')": "_c",
    "regexp_extract(A, '(b)(c)', 2)": "c",
    "substring_index('a.b.c', '.', 1)": "a",
    "date_format(timestamp_millis(1769860800000), 'yyyy-MM-dd HH:mm')": "2026-01-31 12:00",
    "to_timestamp('31/01/2026 12:00', 'dd/MM/yyyy HH:mm')": "2026-01-31 12:00:00",
    "from_unixtime(1769860800)": "2026-01-31 12:00:00",
    "unix_timestamp(to_timestamp('2026-01-31 12:00:00'))": "1769860800",
    "lpad(B, 3, '0')": "007",
    "sha2(A, 256)": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "to_json(named_struct('a', A, 'b', B))": '{"a":"abc","b":"7"}',
    "to_json(map('k', A))": '{"k":"abc"}',
    "A like 'a%' and not B in ('1', '2')": "true",
    "A rlike '^a' or isnull(B)": "true",
    "length(trim('  x '))": "1",
    "split": "kept",
    "B between 5 and 9": "true",
    "greatest(length(A), 2)": "3",
    "round(cast(B as double) / 3, 2)": "2.33",
}


def test_an_expression_means_what_spark_says_it_means(spark):
    assert _meanings(spark, MEANINGS, {"A": "abc", "B": 7, "split": "kept"}) == MEANINGS


def test_every_row_of_a_batch_is_read_by_the_mapping_it_names(spark):
    first, second = _mapping(), _mapping(needed=NEEDED.replace("ID", "OTHER"))
    contract_row = {"event_id": "plain", "event_type": "sale", "occurred_at": "2026-01-31T11:00:00Z"}
    foreign = {"ID": "one", "OTHER": "two", "AT": "2026-01-31T11:00:00Z"}
    raw = (
        _raw(_json(spark, foreign), first)
        .unionByName(_raw(_json(spark, foreign), second))
        .unionByName(_raw(_json(spark, contract_row), None))
        .unionByName(_raw(_json(spark, foreign), _mapping("  note: ID\n")))
    )
    known = {first.hash: first, second.hash: second}
    events = raw.transform(judged(CONTRACT, known)).collect()
    assert {(event["event_id"], event["reason"]) for event in events} == {
        ("one", None),
        ("two", None),
        ("plain", None),
        (None, "unknown_mapping"),
    }


def test_messages_of_a_mapping_that_spark_cannot_read_are_refused_and_the_others_judged(spark):
    bad, good = _mapping("  user_id: customer.id\n"), _mapping()
    foreign = {"ID": "one", "AT": "2026-01-30T12:00:00Z", "customer": {"id": "u"}}
    raw = _raw(_json(spark, foreign), bad).unionByName(_raw(_json(spark, foreign), good))
    events = raw.transform(judged(CONTRACT, {bad.hash: bad, good.hash: good})).collect()
    assert {(event["event_id"], event["reason"]) for event in events} == {
        ("one", None),
        (None, "unknown_mapping"),
    }


def test_ansi_mode_is_left_as_it_was(spark):
    mapping = _mapping()
    raw = _raw(_json(spark, {"ID": "e", "AT": "2026-01-31T11:00:00Z"}), mapping)
    before = spark.conf.get("spark.sql.ansi.enabled")
    raw.transform(judged(CONTRACT, {mapping.hash: mapping}))
    assert spark.conf.get("spark.sql.ansi.enabled") == before
