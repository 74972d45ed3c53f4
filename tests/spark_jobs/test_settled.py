"""A lost checkpoint of `scored` is refused; a new epoch judges what is not settled, and nothing twice."""

from __future__ import annotations

import shutil
from itertools import islice

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException
from pyspark.sql import functions as F

from spark_jobs import scorer
from spark_jobs.append import append_once
from spark_jobs.epoch import OrphanedTable
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource
from spark_jobs.removal import keep_next_numbers
from spark_jobs.settled import first_beyond, kept_settled, next_batch
from spark_jobs.stream import drain
from tests.small_pack import small_messages, write_brief_pack
from weir.settings import settings


@pytest.fixture
def lines():
    return [message.body for message in islice(small_messages(), 100)]


@pytest.fixture
def folder(home, monkeypatch):
    write_brief_pack(home / "domains", "small")
    monkeypatch.setenv("WEIR_DOMAINS", str(home / "domains"))
    path = home / "in"
    path.mkdir()
    return path


def keys(spark, zone):
    rows = read_table(spark, settings().table(zone, "small"))
    return sorted(tuple(row) for row in rows.select("partition", "position").collect())


def batches(spark):
    """The distinct batch numbers of scored, in order of arrival."""
    scored = read_table(spark, settings().table("scored", "small"))
    rows = scored.groupBy("batch_id").agg(F.min("seq").alias("seq")).orderBy("seq").collect()
    return [row["batch_id"] for row in rows]


def test_a_new_epoch_goes_on_behind_a_torn_batch_and_judges_nothing_twice(spark, folder, lines, monkeypatch):
    def fails_at_scored(rows, path, *others):
        if "/scored/" in path:
            raise AnalysisException("power cut")
        return append_once(rows, path, *others)

    wanted = Intake(FilesSource(folder))
    (folder / "a").write_bytes(b"\n".join(lines[:50]))
    drain(spark, "small", wanted)
    (folder / "b").write_bytes(b"\n".join(lines[50:]))
    with monkeypatch.context() as broken:
        broken.setattr(scorer, "append_once", fails_at_scored)
        with pytest.raises(StreamingQueryException, match="power cut"):
            drain(spark, "small", wanted)
    checkpoint = settings().checkpoint("scored/small")
    shutil.rmtree(checkpoint)
    (folder / "c").write_bytes(lines[0])
    with pytest.raises(OrphanedTable, match="--new-epoch"):
        drain(spark, "small", wanted)
    drain(spark, "small", Intake(FilesSource(folder), new_epoch=True))
    assert kept_settled(spark, checkpoint).torn > 0
    assert keys(spark, "raw") == sorted(keys(spark, "scored") + keys(spark, "quarantine"))
    assert batches(spark) == sorted(batches(spark))
    assert len(batches(spark)) > 1
    again = drain(spark, "small", wanted)
    assert (again.scored, again.quarantined) == (0, 0)
    # an erasure may take every row of the newest batch
    newest = next_batch(spark, "small")
    keep_next_numbers(spark, "small")
    for zone in ("scored", "quarantine"):
        spark.sql(f"delete from delta.`{settings().table(zone, 'small')}` where batch_id = {newest - 1}")
    assert next_batch(spark, "small") == newest


@pytest.mark.parametrize("seq", [-1, 0, 499, 500, 990, 998, 999, 5000])
def test_the_version_to_begin_with_is_found_from_the_newest_on(seq):
    asked = []

    def newest_seq(version):
        asked.append(version)
        return version

    assert first_beyond(range(1000), seq, newest_seq) == min(seq + 1, 1000)
    # never further back than twice as far as need be
    assert 1000 - min(asked) <= 2 * max(1, 1000 - seq)


def test_a_new_epoch_of_a_domain_that_has_none_is_the_first(spark, folder, lines):
    (folder / "a").write_bytes(b"\n".join(lines[:20]))
    drain(spark, "small", Intake(FilesSource(folder), new_epoch=True))
    assert keys(spark, "raw") == sorted(keys(spark, "scored") + keys(spark, "quarantine"))
