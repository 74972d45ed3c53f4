"""Tables are made once, and appended to exactly once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spark_jobs.lake import (
    DELTA_LOG,
    append_once,
    append_rows,
    create_table,
    has_appended,
    last_batch,
    read_table,
    rows_appended,
    table_version,
    to_types_of,
    transactions,
    widens,
)
from spark_jobs.session import java_class

DAY = 24 * 60 * 60
MOST_TRANSACTIONS = "spark.databricks.delta.setTransactionsInCrc.maxAllowed"
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


def _ids(spark, path):
    return sorted(row.event_id for row in read_table(spark, path).collect())


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


def test_a_retried_batch_is_appended_once(spark, table):
    tried = [append_once(_rows(spark, "a"), table, "scored:0", 0) for _ in range(2)]
    assert (tried, _ids(spark, table)) == ([True, False], ["a"])


def test_another_epoch_counts_its_own_batches(spark, table):
    append_once(_rows(spark, "a"), table, "scored:0", 7)
    append_once(_rows(spark, "b"), table, "scored:1", 0)
    assert _ids(spark, table) == ["a", "b"]
    assert [last_batch(spark, table, f"scored:{epoch}") for epoch in range(3)] == [7, 0, None]
    assert [has_appended(spark, table, "scored:0", batch) for batch in (6, 7, 8)] == [True, True, False]
    assert not has_appended(spark, table, "scored:2", 0)


@pytest.mark.parametrize("summary", ["whole", "without transactions", "gone"])
def test_what_was_appended_is_known_with_and_without_the_summary_of_a_commit(spark, table, summary):
    """Delta writes one beside each commit, which may fail, and leaves out of it what is too much."""
    if summary == "without transactions":
        spark.conf.set(MOST_TRANSACTIONS, "1")
    for query in ("scored/payments:0", "scored/payments:1"):
        append_once(_rows(spark, query), table, query, 7)
    spark.conf.unset(MOST_TRANSACTIONS)
    if summary == "gone":
        for file in Path(table, "_delta_log").glob("*.crc"):
            file.unlink()
    java_class(spark, DELTA_LOG).clearCache()
    assert transactions(spark, table) == {"scored/payments:0": 7, "scored/payments:1": 7}
    assert not append_once(_rows(spark, "again"), table, "scored/payments:1", 7)


def test_a_batch_over_many_days_makes_one_file_a_day(spark, table):
    days = (
        spark.range(2_000)
        .selectExpr(
            "cast(id as string) event_id",
            "cast(1 as decimal(38,0)) amount",
            "date_add(date '2000-01-01', cast(id % 50 as int)) day",
        )
        .repartition(8)
    )
    append_once(days, table, "scored:0", 0, spread_by="day")
    assert len(list(Path(table).rglob("part-*.parquet"))) == 50


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
