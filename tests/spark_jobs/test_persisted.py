"""Kept rows are computed once, and what is built on them is planned from where they are kept."""

import pytest
from pyspark.sql import functions as F

from spark_jobs.lake import append_rows, read_table
from spark_jobs.persisted import fetched, persisted


def test_kept_rows_stay_what_they_were_at_their_first_use(spark):
    made = spark.range(3).selectExpr("id", "uuid() as name")
    with persisted(made) as kept:
        assert kept.collect() == kept.collect()


def test_kept_rows_outlive_what_is_written_to_their_table_and_nothing_is_left_of_them(spark, tmp_path):
    table, before = str(tmp_path), kept_frames(spark)
    spark.range(3).write.format("delta").save(table)
    with persisted(read_table(spark, table)) as kept:
        assert kept.count() == 3
        assert kept_frames(spark) == before + 1
        append_rows(spark.range(2), table)
        assert (kept.count(), read_table(spark, table).count()) == (3, 5)
    assert kept_frames(spark) == before


def kept_frames(spark):
    """How many frames Spark holds in memory, but for what Delta keeps of its tables there."""
    held = spark.sparkContext._jsc.getPersistentRDDs().values()
    return sum(not rows.name().startswith("Delta Table State") for rows in held)


def test_what_is_built_on_kept_rows_is_planned_from_there(spark):
    def planned_on(rows):
        return rows.where("id > 0")._jdf.queryExecution().analyzed().child().getClass().getSimpleName()

    made = spark.range(3).selectExpr("id", "id * 2 as twice")
    assert planned_on(made) == "Project"
    with persisted(made) as kept:
        assert planned_on(kept) == "InMemoryRelation"
        assert [tuple(row) for row in kept.where("id > 0").collect()] == [(1, 2), (2, 4)]


def test_fetched_rows_are_read_once_though_nobody_asks_for_them(spark):
    read = spark.sparkContext.accumulator(0)

    @F.udf("long")
    def noted(number):
        read.add(1)
        return number

    made = spark.range(3).select(noted("id").alias("id"))
    with fetched(made):
        pass
    assert read.value == 3
    with fetched(made) as kept:
        assert kept.count() == 3
    assert read.value == 6


def test_what_fails_while_rows_are_fetched_is_told_where_they_are_used(spark):
    made = spark.range(1).select(F.raise_error(F.lit("no such thing")))
    with fetched(made) as kept, pytest.raises(Exception, match="no such thing"):
        kept.collect()
