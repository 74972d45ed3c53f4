"""Small files are gathered without anyone noticing, and what nothing needs goes."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from spark_jobs.append import append_once
from spark_jobs.compaction import KEPT, compact, vacuum
from spark_jobs.lake import DELTA_LOG, create_table, read_table, stream_table
from spark_jobs.session import java_class

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


def _let_pass(spark, path, span):
    """Let everything that has happened to the table have happened so much earlier."""
    moved = int(span.total_seconds() * 1000)
    for log in Path(path, "_delta_log").glob("*.json"):
        text = re.sub(
            r'"deletionTimestamp":(\d+)',
            lambda at: f'"deletionTimestamp":{int(at[1]) - moved}',
            log.read_text(),
        )
        log.with_name(f".{log.name}.crc").unlink(missing_ok=True)
        log.write_text(text)
    for file in Path(path).rglob("*.parquet"):
        os.utime(file, (file.stat().st_mtime - span.total_seconds(),) * 2)
    java_class(spark, DELTA_LOG).clearCache()


def test_compaction_leaves_a_large_file_as_it_is(spark, table):
    append_once(_rows(spark, *(f"e{number}" for number in range(500))).coalesce(1), table, "scored:0", 0)
    [large] = read_table(spark, table).inputFiles()
    for batch in range(1, 4):
        append_once(_rows(spark, f"late{batch}").coalesce(1), table, "scored:0", batch)
    assert compact(spark, table, at_least=3, small=2_000) == 1
    files = read_table(spark, table).inputFiles()
    assert (large in files, len(files)) == (True, 2)


def test_compaction_gathers_only_crowded_days_and_no_stream_notices(spark, table, tmp_path):
    for batch in range(3):
        append_once(_rows(spark, f"e{batch}").coalesce(1), table, "scored:0", batch)
    append_once(_rows(spark, "other", day="2024-03-02"), table, "scored:0", 3)

    def drain():
        query = (
            stream_table(spark, table)
            .writeStream.trigger(availableNow=True)
            .option("checkpointLocation", str(tmp_path / "checkpoint"))
            .format("parquet")
            .start(str(tmp_path / "out"))
        )
        query.awaitTermination()
        return spark.read.parquet(str(tmp_path / "out")).count()

    before = drain()
    assert compact(spark, table, at_least=3) == 1
    assert compact(spark, table, at_least=3) == 0
    assert (before, drain()) == (4, 4)
    assert _ids(spark, table) == ["e0", "e1", "e2", "other"]
    vacuum(spark, table)
    assert read_table(spark, table, 3).count() == 3
    _let_pass(spark, table, KEPT + timedelta(hours=1))
    vacuum(spark, table)
    assert len([file for file in Path(table).rglob("*.parquet") if "day=" in str(file)]) == 2
    assert (_ids(spark, table), drain()) == (["e0", "e1", "e2", "other"], 4)


def test_files_are_counted_where_a_commit_has_no_summary(spark, table):
    """Delta writes one beside each commit, and goes on where that fails."""
    for batch in range(2):
        append_once(_rows(spark, f"e{batch}").coalesce(1), table, "scored:0", batch)
    for file in Path(table, "_delta_log").glob("*.crc"):
        file.unlink()
    java_class(spark, DELTA_LOG).clearCache()
    assert compact(spark, table, at_least=3) == 0
    assert compact(spark, table, at_least=2) == 1
