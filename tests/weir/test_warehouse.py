from datetime import UTC, datetime

import duckdb
import pytest

from weir.pack import domains
from weir.settings import settings
from weir.tables import Table
from weir.warehouse import (
    MartsMissingError,
    connect_lake,
    connect_marts,
    create_lake_views,
    duckdb_type,
    newest_versions,
    published_version,
    sql,
    tables_of,
)


def test_marts_and_lake_tables_go_by_their_own_names_in_one_query(sample_home):
    answer = sql("""
        select count(*) as decisions, count(distinct raw.seq) as messages
        from decisions inner join raw_payments as raw using (source, "partition", "position")
        where domain = 'payments'
    """)
    assert answer.records() == [{"decisions": 180, "messages": 180}]


def test_columns_that_share_a_name_are_all_answered(home):
    assert sql("select 1 as a, 2 as a, 3 as b, 4 as a").records() == [{"a": 1, "a_1": 2, "b": 3, "a_2": 4}]


def test_every_lake_table_has_a_view_before_anything_was_written(home):
    with connect_lake() as lake:
        views = {name for (name,) in lake.execute("select view_name from duckdb_views()").fetchall()}
        tables = tables_of(domains())
        assert {table.view for table in tables} <= views
        assert all(lake.execute(f"from {table.view}").fetchall() == [] for table in tables)


def test_a_long_query_prints_nothing_of_its_own(home):
    assert sql("select current_setting('enable_progress_bar') as shown").records() == [{"shown": False}]


def test_an_empty_table_has_the_types_of_a_written_one(sample_home):
    connection = duckdb.connect()
    tables = [table for table in tables_of(["payments"]) if table.zone in ("raw", "scored", "quarantine")]
    create_lake_views(connection, tables, dict.fromkeys(table.key for table in tables))
    for table in tables:
        written = f"delta_scan('{settings().table(table.zone, table.name)}')"
        described, empty = (
            connection.execute(f"select column_name, column_type from (describe from {rows})").fetchall()
            for rows in (written, table.view)
        )
        assert empty == described


def test_a_column_that_was_declared_later_is_null_in_older_rows(sample_home):
    raw = next(table for table in tables_of(["payments"]) if table.key == "raw/payments")
    wider = Table("raw", "payments", {"colour": "string", **raw.columns})
    connection = duckdb.connect()
    create_lake_views(connection, [wider], newest_versions([wider]))
    query = "select count(*), count(colour), count(distinct seq) from raw_payments"
    assert connection.execute(query).fetchone() == (200, 0, 200)


def test_a_view_stays_at_the_version_it_was_made_for(sample_home):
    raw = next(table for table in tables_of(["payments"]) if table.key == "raw/payments")
    connection = duckdb.connect()
    create_lake_views(connection, [raw], {"raw/payments": 0})
    assert connection.execute("select count(*) from raw_payments").fetchone() == (0,)


def test_timestamps_are_utc_whatever_the_machine_says(sample_home, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    (row,) = sql("select min(received_at) as first, min(received_at)::varchar as text from raw_payments").rows
    assert row == (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01 12:00:00+00")


def test_a_path_with_a_quote_is_a_path(monkeypatch, tmp_path, spark):
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / "it's"))
    table = Table("raw", "odd", {"a": "int"})
    spark.createDataFrame([(1,)], "a int").write.format("delta").save(settings().table("raw", "odd"))
    connection = duckdb.connect()
    create_lake_views(connection, [table], newest_versions([table]))
    assert connection.execute("from raw_odd").fetchall() == [(1,)]


def test_marts_that_nobody_built_are_named_with_the_command_that_builds_them(home):
    assert published_version() is None
    with pytest.raises(MartsMissingError, match="weir marts"):
        connect_marts()
    with pytest.raises(MartsMissingError, match=r"decisions(.|\n)*weir marts"):
        sql("select * from decisions")


def test_published_marts_cannot_be_changed_by_a_reader(sample_home):
    with connect_marts() as marts, pytest.raises(duckdb.Error, match="read-only"):
        marts.execute("delete from decisions")
    with pytest.raises(duckdb.Error, match="read-only"):
        sql("delete from decisions")


@pytest.mark.parametrize(
    ("spark_type", "expected"),
    [
        ("timestamp", "TIMESTAMPTZ"),
        ("decimal(38,0)", "DECIMAL(38, 0)"),
        ("map<string,string>", "MAP(TEXT, TEXT)"),
        ("array<struct<rule:string,points:int>>", "STRUCT(rule TEXT, points INT)[]"),
    ],
)
def test_a_spark_type_is_read_as_duckdb_reads_it_from_delta(spark_type, expected):
    assert duckdb_type(spark_type) == expected
