"""Records land in `raw` once and in order, whatever source hands them out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs import record_feed
from spark_jobs.append import append_once
from spark_jobs.epoch import OrphanedTable
from spark_jobs.lake import ddl, read_table, stream_table
from spark_jobs.landing import Landed, drain_raw
from spark_jobs.record_feed import OtherPlace, numbered
from spark_jobs.sources.source import ARRIVED, RECORDS, RecordSource
from weir.settings import settings

NAMED = ("source", "format", "mapping")


@dataclass(frozen=True, slots=True)
class Shelf(RecordSource):
    """A source for tests: each file is a batch of records as JSON lines."""

    kind: ClassVar[str] = "shelf"
    folder: Path

    @property
    def name(self) -> str:
        return f"shelf:{self.folder.name}"

    def stream(self, spark: SparkSession, landed: Mapping[str, int], checkpoint: str) -> DataFrame:
        records = spark.readStream.schema(ddl(RECORDS)).option("maxFilesPerTrigger", 1).json(str(self.folder))
        behind = json.dumps(landed)
        last = F.from_json(F.lit(behind), "map<string,bigint>")[F.col("partition")]
        return records.where(last.isNull() | (F.col("position") > last))


@pytest.fixture
def shelf(home):
    folder = home / "shelf"
    folder.mkdir()
    return Shelf(folder)


def put(shelf, name, records):
    lines = [json.dumps({"partition": part, "position": at, "payload": "eA=="}) for part, at in records]
    (shelf.folder / name).write_text("\n".join(lines))


def landed(spark):
    rows = read_table(spark, settings().table("raw", "payments")).orderBy("seq").collect()
    return [(row["partition"], row["position"], row["seq"]) for row in rows]


def of_partition(spark, partition):
    return [position for part, position, _ in landed(spark) if part == partition]


def test_seq_rises_with_position_in_every_partition_and_has_no_gaps(spark):
    records = [(str(part), position) for position in (9, 2, 5) for part in range(7)]
    frame = spark.createDataFrame([(*record, b"x") for record in records], ddl(RECORDS))
    with numbered(frame.repartition(5), 100, Shelf) as rows:
        found = rows.withColumn("task", F.spark_partition_id()).orderBy("seq").collect()
    assert [row["seq"] for row in found] == list(range(100, 121))
    assert [row["task"] for row in found] == sorted(row["task"] for row in found)
    assert len({row["task"] for row in found}) > 1
    for part in range(7):
        assert [row["position"] for row in found if row["partition"] == str(part)] == [2, 5, 9]


def test_partitions_are_put_together_by_time_and_each_keeps_its_order(spark):
    arrivals = [("a", 0, 10), ("a", 1, 30), ("a", 2, 20), ("b", 0, 15), ("b", 1, 25), ("b", 2, 40)]
    rows = [(part, at, b"x", datetime.fromtimestamp(seconds, UTC)) for part, at, seconds in arrivals]
    records = spark.createDataFrame(rows, f"{ddl(RECORDS)}, {ARRIVED} timestamp")
    with numbered(records.repartition(5), 100, Shelf) as numbered_rows:
        found = numbered_rows.withColumn("task", F.spark_partition_id()).orderBy("seq").collect()
    # the clock of a's producer was set back before its last message
    assert [f"{row['partition']}{row['position']}" for row in found] == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert [row["seq"] for row in found] == list(range(100, 106))
    assert [row["task"] for row in found] == sorted(row["task"] for row in found)
    assert ARRIVED not in found[0]


def test_batches_land_one_behind_the_other(spark, shelf):
    put(shelf, "a", [("0", 0), ("1", 0), ("0", 1)])
    assert drain_raw(spark, "payments", shelf) == Landed(0, 3)
    put(shelf, "b", [("0", 2), ("1", 7)])
    assert drain_raw(spark, "payments", shelf) == Landed(0, 2)
    assert drain_raw(spark, "payments", shelf) == Landed(0, 0)
    assert [seq for _, _, seq in landed(spark)] == [0, 1, 2, 3, 4]
    assert (of_partition(spark, "0"), of_partition(spark, "1")) == ([0, 1, 2], [0, 7])
    [named] = read_table(spark, settings().table("raw", "payments")).select(*NAMED).distinct().collect()
    assert tuple(named) == ("shelf:shelf", "json", None)


def test_a_reader_that_cuts_a_commit_takes_its_earliest_rows(spark, home, shelf):
    put(shelf, "a", [(str(part), position) for part in range(8) for position in range(3)])
    drain_raw(spark, "payments", shelf)
    taken: list[list[int]] = []
    stream = stream_table(spark, settings().table("raw", "payments"), "1b").writeStream
    stream = stream.foreachBatch(lambda rows, _: taken.append([row["seq"] for row in rows.collect()]))
    stream.option("checkpointLocation", str(home / "cut")).trigger(
        availableNow=True
    ).start().awaitTermination()
    assert len(taken) > 1
    assert [seq for batch in taken for seq in sorted(batch)] == list(range(24))


def test_an_empty_batch_is_no_trouble(spark, shelf):
    put(shelf, "a", [])
    put(shelf, "b", [("0", 0)])
    assert drain_raw(spark, "payments", shelf) == Landed(0, 1)


def test_a_crash_between_append_and_checkpoint_doubles_nothing(spark, shelf, monkeypatch):
    def append_and_die(*arguments):
        append_once(*arguments)
        raise RuntimeError("power cut")

    put(shelf, "a", [("0", 0), ("1", 0)])
    with monkeypatch.context() as broken:
        broken.setattr(record_feed, "append_once", append_and_die)
        with pytest.raises(StreamingQueryException, match="power cut"):
            drain_raw(spark, "payments", shelf)
    put(shelf, "b", [("0", 1)])
    drain_raw(spark, "payments", shelf)
    assert (of_partition(spark, "0"), of_partition(spark, "1")) == ([0, 1], [0])


def test_a_lost_checkpoint_is_refused_and_a_new_epoch_begins_behind_raw(spark, shelf):
    put(shelf, "a", [("0", 0), ("1", 5)])
    drain_raw(spark, "payments", shelf)
    shutil.rmtree(settings().checkpoint("raw/payments/shelf"))
    put(shelf, "b", [("0", 1), ("1", 6), ("2", 0)])
    with pytest.raises(OrphanedTable, match="--new-epoch"):
        drain_raw(spark, "payments", shelf)
    assert drain_raw(spark, "payments", shelf, new_epoch=True) == Landed(0, 3)
    assert [of_partition(spark, part) for part in "012"] == [[0, 1], [5, 6], [0]]


def test_a_checkpoint_is_not_used_for_another_place_unless_that_begins_a_new_epoch(spark, shelf, home):
    put(shelf, "a", [("0", 0)])
    drain_raw(spark, "payments", shelf)
    other = Shelf(home / "other")
    other.folder.mkdir()
    put(other, "b", [("0", 0)])
    with pytest.raises(OtherPlace, match=r"lands shelf:shelf, not shelf:other.*--new-epoch"):
        drain_raw(spark, "payments", other)
    shutil.rmtree(settings().checkpoint("raw/payments/shelf"))
    assert drain_raw(spark, "payments", other, new_epoch=True) == Landed(0, 1)
    assert landed(spark) == [("0", 0, 0), ("0", 0, 1)]
