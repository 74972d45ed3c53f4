"""A folder of files lands in `raw` once, in order, whatever is wrong with one of them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.errors import StreamingQueryException

from spark_jobs import file_feed
from spark_jobs.append import append_once
from spark_jobs.epoch import OrphanedTable
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource, Landed, LeftOut, drain_raw, start_raw
from spark_jobs.mapping import UnreadableMapping, kept_mappings
from spark_jobs.sources import files as files_module
from spark_jobs.sources.manifest import Admitted
from spark_jobs.sources.parquet_rows import ParquetFile, fault_of, read_footer
from weir.mapping import ColumnMapping
from weir.settings import settings

MAPPING = ColumnMapping((("event_id", "cast(TRANSACTION_ID as string)"),))


@pytest.fixture
def folder(home):
    # a name in which Spark must not see a pattern or an escape
    path = home / "in [1] 100%"
    path.mkdir()
    return path


@pytest.fixture
def land(spark, folder):
    return lambda format="json", mapping=None, **limits: drain_raw(
        spark, "payments", FilesSource(folder, **limits), format, mapping
    )


def _rows(spark):
    return read_table(spark, settings().table("raw", "payments")).orderBy("seq").collect()


def _raw(spark):
    return [(row["partition"], row["position"], bytes(row["payload"]), row["format"]) for row in _rows(spark)]


def test_every_file_lands_once_in_path_order(spark, folder, land):
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"three\nfour"))
    (folder / "a.jsonl").write_bytes(b"one\ntwo\n")
    os.utime(folder / "a.jsonl", (0, 0))
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(b"lost")[:-3])
    assert land(max_files=2) == Landed(3, 5)
    assert land() == Landed(0, 0)
    messages = _raw(spark)
    assert messages[:4] == [
        ("a.jsonl", 0, b"one", "json"),
        ("a.jsonl", 4, b"two", "json"),
        ("b.jsonl.gz", 0, b"three", "json"),
        ("b.jsonl.gz", 6, b"four", "json"),
    ]
    assert messages[4][:2] + messages[4][3:] == ("c.jsonl.gz", -1, "unreadable")
    first = _rows(spark)[0]
    assert (first["source"], first["mapping"], first["batch_id"]) == (f"files:{folder}", None, 0)
    assert first["received_date"] == first["received_at"].date() == datetime.now(UTC).date()


def test_seq_goes_on_behind_what_has_landed(spark, folder, land):
    for name in ("a", "b", "c"):
        (folder / name).write_text("1\n2\n3")
        land()
    rows = _rows(spark)
    assert [(row["partition"], row["position"]) for row in rows] == [(n, p) for n in "abc" for p in (0, 2, 4)]
    assert len({row["seq"] for row in rows}) == 9


def test_a_rewritten_file_is_left_out_and_named_when_the_others_have_landed(spark, folder, land):
    (folder / "a.jsonl").write_text("old")
    land()
    (folder / "a.jsonl").write_text("rewritten")
    (folder / "b.jsonl").write_text("new")
    landed = land()
    assert (landed.messages, [message[2] for message in _raw(spark)]) == (1, [b"old", b"new"])
    with pytest.raises(LeftOut, match=r"a\.jsonl: rewritten after it landed"):
        landed.require_complete()


def test_a_mapping_that_spark_cannot_read_is_refused_before_anything_lands(spark, folder, land):
    (folder / "a.jsonl").write_text('{"TRANSACTION_ID": "1", "customer": {"id": "u"}, "back": true}\n')
    more = (("user_id", "customer.id"), ("country", "if(back, 'DE', 'FR')"))
    with pytest.raises(UnreadableMapping) as refused:
        land(mapping=replace(MAPPING, columns=MAPPING.columns + more))
    *faults, mend = str(refused.value).splitlines()
    assert [fault.split(": ")[:2] for fault in faults] == [
        ["mapping, user_id", "customer.id"],
        ["mapping, country", "if(back, 'DE', 'FR')"],
    ]
    assert "get_json_object" in mend
    assert _rows(spark) == []


def test_a_csv_row_names_its_mapping(spark, folder, land):
    (folder / "a.csv").write_text("TRANSACTION_ID,AMOUNT\n1,2.50\n2\n")
    land("csv", replace(MAPPING, format="csv"))
    assert _raw(spark) == [
        ("a.csv", 0, b'{"TRANSACTION_ID":"1","AMOUNT":"2.50"}', "csv"),
        ("a.csv", 1, b"2", "csv"),
    ]
    [mapping] = kept_mappings(spark, settings().table("mapping", "payments")).values()
    assert mapping == replace(MAPPING, format="csv")


def test_parquet_times_of_96_bits_are_read_beside_those_of_64(spark, folder, land):
    at = pa.array([1_577_836_800_123_456_000], pa.timestamp("ns"))
    table = pa.table({"TRANSACTION_ID": [7], "at": at})
    parquet.write_table(table, folder / "a.parquet", use_deprecated_int96_timestamps=True)
    parquet.write_table(table, folder / "b.parquet")
    assert land("parquet", MAPPING) == Landed(2, 2)
    body = b'{"TRANSACTION_ID":7,"at":"2020-01-01T00:00:00.123456Z"}'
    assert [message[2:] for message in _raw(spark)] == [(body, "parquet"), (body, "parquet")]


def test_parquet_rows_keep_their_microseconds_and_the_mapping_their_types(spark, folder, land):
    nanos = pa.array([1_577_836_800_123_456_789, -1], pa.timestamp("ns"))
    table = pa.table(
        {
            "TRANSACTION_ID": [7, 8],
            "at": nanos,
            "zoned": nanos.cast(pa.timestamp("us", "UTC"), safe=False),
            "a b.c": [None, "x"],
        }
    )
    parquet.write_table(table, folder / "day.parquet")
    parquet.write_table(table, folder / "whole.parquet")
    (folder / "cut.parquet").write_bytes((folder / "whole.parquet").read_bytes()[:-20])
    assert land("parquet", MAPPING) == Landed(3, 5)
    messages = _raw(spark)
    assert [(message[0], message[1], message[3]) for message in messages] == [
        ("cut.parquet", -1, "unreadable"),
        ("day.parquet", 0, "parquet"),
        ("day.parquet", 1, "parquet"),
        ("whole.parquet", 0, "parquet"),
        ("whole.parquet", 1, "parquet"),
    ]
    assert messages[1][2] == (
        b'{"TRANSACTION_ID":7,"at":"2020-01-01T00:00:00.123456Z","zoned":"2020-01-01T00:00:00.123456Z"}'
    )
    assert b'"at":"1969-12-31T23:59:59.999999Z"' in messages[2][2]
    named = _rows(spark)[1]["mapping"]
    kept = kept_mappings(spark, settings().table("mapping", "payments"))[named]
    assert kept.schema == "TRANSACTION_ID BIGINT,at TIMESTAMP,zoned TIMESTAMP,`a b.c` STRING"


def test_a_parquet_file_that_breaks_half_way_is_one_message(spark, folder, land):
    for name in ("broken.parquet", "whole.parquet"):
        parquet.write_table(pa.table({"n": list(range(5_000))}), folder / name)
    content = bytearray((folder / "broken.parquet").read_bytes())
    content[4:40] = b"\xff" * 36
    (folder / "broken.parquet").write_bytes(content)
    assert land("parquet") == Landed(2, 5_001)
    assert [message[:2] for message in _raw(spark)[:2]] == [("broken.parquet", -1), ("whole.parquet", 0)]


def test_a_crash_between_append_and_checkpoint_doubles_nothing(spark, folder, land, monkeypatch):
    def append_and_die(*arguments):
        append_once(*arguments)
        raise RuntimeError("power cut")

    (folder / "a.jsonl").write_text("one\ntwo")
    with monkeypatch.context() as broken:
        broken.setattr(file_feed, "append_once", append_and_die)
        with pytest.raises(StreamingQueryException, match="power cut"):
            land()
    (folder / "b.jsonl").write_text("three")
    land()
    assert [message[2] for message in _raw(spark)] == [b"one", b"two", b"three"]


def test_a_file_that_grew_before_it_landed_lands_as_it_became(spark, folder, land, monkeypatch):
    def die(*arguments):
        raise RuntimeError("killed")

    (folder / "a.jsonl").write_text("ha")
    with monkeypatch.context() as broken:
        broken.setattr(file_feed, "append_once", die)
        with pytest.raises(StreamingQueryException, match="killed"):
            land()
    (folder / "a.jsonl").write_text("half\nand half")
    land()
    assert [message[2] for message in _raw(spark)] == [b"half", b"and half"]


@pytest.mark.parametrize("format", ["json", "parquet"])
def test_files_that_are_away_while_their_batch_is_tried_again_land_when_they_are_back(
    spark, folder, land, monkeypatch, caplog, format
):
    def die(*arguments):
        raise RuntimeError("power cut")

    name, away = f"a.{format}", folder.with_name("away")
    if format == "json":
        (folder / name).write_text('{"n":1}')
    else:
        parquet.write_table(pa.table({"n": [1]}), folder / name)
    with monkeypatch.context() as broken:
        broken.setattr(file_feed, "append_once", die)
        with pytest.raises(StreamingQueryException, match="power cut"):
            land(format)
    folder.rename(away)
    folder.mkdir()
    assert land(format) == Landed(0, 0)
    assert f"{folder / name}: went away before it landed" in caplog.text
    folder.rmdir()
    away.rename(folder)
    assert land(format) == Landed(1, 1)
    assert [message[2] for message in _raw(spark)] == [b'{"n":1}']


def test_a_parquet_file_that_goes_away_while_it_is_read_is_not_called_broken(spark, folder):
    parquet.write_table(pa.table({"n": [1]}), folder / "a.parquet")
    file = read_footer(Admitted(0, str(folder), "a.parquet", 0, 0, "", "parquet", None))
    assert isinstance(file, ParquetFile)
    file.entry.file.unlink()
    assert fault_of(spark, file) is None
    with pytest.raises(FileNotFoundError):
        read_footer(file.entry)


def test_a_lost_checkpoint_is_refused_and_a_new_epoch_lands_only_what_is_new(spark, folder, land):
    (folder / "a.jsonl").write_text("one")
    land()
    shutil.rmtree(settings().checkpoint("raw/payments/files"))
    (folder / "b.jsonl").write_text("two")
    with pytest.raises(OrphanedTable, match="--new-epoch"):
        land()
    assert drain_raw(spark, "payments", FilesSource(folder), new_epoch=True) == Landed(1, 1)
    assert land() == Landed(0, 0)
    assert [message[2] for message in _raw(spark)] == [b"one", b"two"]


def test_a_service_lands_a_file_that_comes_later(spark, folder, home):
    stream = start_raw(spark, "payments", FilesSource(folder), every="0 seconds")
    try:
        (folder / "a.jsonl").write_text("one")
        stream.query.processAllAvailable()
        (folder / ".b.jsonl").write_text("two")
        (folder / ".b.jsonl").rename(folder / "b.jsonl")
        stream.query.processAllAvailable()
    finally:
        stream.query.stop()
    assert [message[2] for message in _raw(spark)] == [b"one", b"two"]
    assert stream.landed() == Landed(2, 2)


def test_one_odd_parquet_file_does_not_stop_the_others(spark, folder, land):
    parquet.write_table(pa.table({"TRANSACTION_ID": [1]}), folder / "a.parquet")
    parquet.write_table(pa.table({"OTHER": [2]}), folder / "b.parquet")
    parquet.write_table(pa.table({"N": [3], "n": [4]}), folder / "c.parquet")
    assert land("parquet", MAPPING) == Landed(3, 3)
    kept = kept_mappings(spark, settings().table("mapping", "payments"))
    assert [row["mapping"] and kept[row["mapping"]].schema for row in _rows(spark)] == [
        "TRANSACTION_ID BIGINT",
        None,
        None,
    ]
    assert b"differ in case alone: n" in _raw(spark)[2][2]


def test_a_folder_that_is_not_there_is_named(spark, home):
    with pytest.raises(NotADirectoryError, match="nowhere: is not a folder"):
        drain_raw(spark, "payments", FilesSource(home / "nowhere"))


@pytest.mark.parametrize("task_bytes", [2**20, 10_000], ids=["one task", "many tasks"])
def test_the_files_of_a_commit_of_parquet_are_in_order_of_arrival(
    spark, folder, land, monkeypatch, task_bytes
):
    monkeypatch.setattr(files_module, "PARQUET_BYTES", task_bytes)
    parquet.write_table(pa.table({"n": [0]}), folder / "a.parquet")
    # which Spark reads first
    parquet.write_table(pa.table({"n": list(range(9000))}), folder / "b.parquet")
    (folder / "c.parquet").write_bytes(b"PAR1")
    parquet.write_table(pa.table({"other": list(range(9))}), folder / "d.parquet")
    assert land("parquet") == Landed(4, 9011)
    spans = _spans_in_order_of_commit()
    assert (len(spans) > 1) == (task_bytes == 10_000)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def _spans_in_order_of_commit():
    """The lowest and highest `seq` of each data file of raw, in the order in which a stream of the table gets them."""
    log = Path(settings().table("raw", "payments"), "_delta_log")
    lines = [line for path in sorted(log.glob("*.json")) for line in path.read_text().splitlines()]
    added = [action["add"] for line in lines if "add" in (action := json.loads(line))]
    stats = [json.loads(file["stats"]) for file in added]
    return [(one["minValues"]["seq"], one["maxValues"]["seq"]) for one in stats]
