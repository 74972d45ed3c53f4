"""Tables are made once, and gain columns and wider types without losing a value."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spark_jobs.append import append_once
from spark_jobs.lake import (
    DELTA_LOG,
    append_rows,
    create_table,
    read_table,
    rows_appended,
    table_version,
    to_types_of,
    widens,
)
from spark_jobs.session import java_class

DAY = 24 * 60 * 60
COLUMNS = {"event_id": "string", "amount": "decimal(38,0)", "day": "date"}


@pytest.fixture
def table(spark, tmp_path):
    path = str(tmp_path / "lake" / "table")
    create_table(spark, path, COLUMNS, partition_by="day")
    return path


def _rows(spark, *ids, day="2024-03-01"):
    values = ", ".join(f"('{name}', 1, date '{day}')" for name in ids)
    rows = spark.sql(f"select * from values {values} as t(event_id, amount, day)")
    return rows.withColumn("amount", rows.amount.cast("decimal(38,0)"))


def test_a_table_is_made_once_with_its_columns_in_order(spark, table):
    create_table(spark, table, COLUMNS, partition_by="day")
    assert (table_version(spark, table), read_table(spark, table).columns) == (0, list(COLUMNS))


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ("bigint", "decimal(38,0)", True),
        ("decimal(20,4)", "decimal(38,4)", True),
        ("decimal(20,4)", "decimal(38,0)", False),
        ("decimal(38,0)", "bigint", False),
        ("decimal(38,0)", "decimal(38,4)", False),
        ("bigint", "decimal(19,0)", False),
        # past 2^53 a double is not every long
        ("bigint", "double", False),
        ("string", "bigint", False),
        ("bigint", "string", False),
    ],
)
def test_a_type_widens_when_it_loses_no_value(held, wanted, expected):
    assert widens(held, wanted) is expected


def test_a_widened_column_takes_a_retry_of_the_rows_it_had_before(spark, tmp_path):
    path = str(tmp_path / "table")
    few = spark.sql("select 7L as value")
    create_table(spark, path, {"value": "bigint"})
    append_rows(few, path)
    create_table(spark, path, {"value": "decimal(38,0)"})
    append_rows(few.transform(to_types_of(read_table(spark, path))), path)
    append_rows(spark.sql("select cast(1e30 as decimal(38,0)) as value"), path)
    values = [row["value"] for row in read_table(spark, path).collect()]
    assert sorted(values) == [7, 7, 10**30]


def test_a_table_gains_the_columns_it_lacks(spark, table):
    append_once(_rows(spark, "a"), table, "scored:0", 0)
    create_table(spark, table, {**COLUMNS, "country": "string"})
    assert read_table(spark, table).select("event_id", "country").collect() == [("a", None)]


def test_no_table_has_no_version(spark, tmp_path):
    assert table_version(spark, str(tmp_path / "nothing")) is None


def test_an_earlier_version_can_be_read(spark, table):
    for batch in range(2):
        append_once(_rows(spark, f"e{batch}"), table, "scored:0", batch)
    assert read_table(spark, table, version=1).count() == 1


def test_appended_rows_are_counted_since_a_version(spark, table):
    append_once(_rows(spark, "a", "b"), table, "scored:0", 0)
    since = table_version(spark, table) or 0
    append_once(_rows(spark, "c"), table, "scored:0", 1)
    assert (rows_appended(spark, table, 0), rows_appended(spark, table, since)) == (3, 1)


def test_a_version_is_read_however_old_it_is(spark, table):
    append_rows(_rows(spark, "a"), table)
    append_rows(_rows(spark, "b"), table)
    long_ago = time.time() - 30 * DAY
    for commit in Path(table, "_delta_log").glob("*.json"):
        os.utime(commit, (long_ago, long_ago))
    # or Delta goes by the times that it has seen
    java_class(spark, DELTA_LOG).clearCache()
    append_rows(_rows(spark, "c"), table)
    assert [row["event_id"] for row in read_table(spark, table, 1).collect()] == ["a"]
