"""A checkpoint that is not the table's own is refused, and a crash between append and checkpoint is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spark_jobs.append import append_once
from spark_jobs.epoch import OrphanedTable, resume
from spark_jobs.lake import create_table


@pytest.fixture
def places(spark, tmp_path):
    """A table and a checkpoint's folder."""
    table, checkpoint = str(tmp_path / "table"), str(tmp_path / "checkpoint")
    create_table(spark, table, {"id": "bigint"})
    return table, checkpoint


def _note(checkpoint: str, batch: int, logs: tuple[str, ...] = ("offsets", "commits")) -> None:
    """What Spark notes of a batch that was begun, and done."""
    for log in logs:
        folder = Path(checkpoint, log)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(batch)).write_text("v1\n{}")


def test_the_first_start_is_epoch_zero_and_later_ones_stay_in_it(spark, places):
    table, checkpoint = places
    assert [resume(spark, "raw/payments", checkpoint, [table]) for _ in range(2)] == ["raw/payments:0"] * 2


def test_a_batch_that_was_appended_but_not_committed_is_retried(spark, places):
    table, checkpoint = places
    query = resume(spark, "raw/payments", checkpoint, [table])
    _note(checkpoint, 0, ("offsets",))
    append_once(spark.range(1), table, query, 0)
    assert resume(spark, "raw/payments", checkpoint, [table]) == query


def test_a_lost_checkpoint_is_refused_with_its_mend(spark, places):
    table, checkpoint = places
    append_once(spark.range(1), table, resume(spark, "raw/payments", checkpoint, [table]), 0)
    shutil.rmtree(checkpoint)
    with pytest.raises(OrphanedTable, match="--new-epoch"):
        resume(spark, "raw/payments", checkpoint, [table])
    assert resume(spark, "raw/payments", checkpoint, [table], new_epoch=True) == "raw/payments:1"


def test_poison_alone_tells_that_the_checkpoint_is_lost(spark, places):
    table, checkpoint = places
    append_once(spark.range(1), table, "poison/2/scored/payments:0", 0)
    with pytest.raises(OrphanedTable, match="--new-epoch"):
        resume(spark, "scored/payments", checkpoint, [table])


def test_an_older_copy_of_the_checkpoint_is_refused(spark, places):
    table, checkpoint = places
    query = resume(spark, "raw/payments", checkpoint, [table])
    append_once(spark.range(1), table, query, 5)
    # a copy of one batch ago would take what has come since for the batch that the table has
    for copied in (3, 4):
        _note(checkpoint, copied)
        with pytest.raises(OrphanedTable, match=rf"holds batch 5 .* ends at {copied}"):
            resume(spark, "raw/payments", checkpoint, [table])


def test_another_query_of_a_similar_name_is_not_an_orphan(spark, places):
    table, checkpoint = places
    append_once(spark.range(1), table, "raw/payments_eu:4", 0)
    assert resume(spark, "raw/payments", checkpoint, [table]) == "raw/payments:0"
