"""Rows that were taken from a Delta table -> gone from the disk, and from the statistics in the table's log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from spark_jobs.checkpoint import newest_batch, offset_of
from spark_jobs.lake import oldest_version, set_property, table_version, write_checkpoint
from spark_jobs.storage import file_names, remove

PURGED_AT = "weir.purgedAt"
RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
VERSION = re.compile(r"(\d{20})\.")


def purge_files(spark: SparkSession, path: str) -> int:
    """Remove every file that the newest version does not need -> that version, whose own commit names no row.

    Whoever reads an older version fails, and a writer's unfinished files go too: the caller holds the lease.
    """
    with _without_retention(spark):
        DeltaTable.forPath(spark, path).vacuum(0)
    set_property(spark, path, PURGED_AT, datetime.now(UTC).isoformat(timespec="seconds"))
    version = table_version(spark, path)
    assert version is not None, f"{path} was vacuumed, so it is there"
    return version


def cut_log(spark: SparkSession, path: str, first: int) -> None:
    """Let the table's history begin at version `first`.

    Older commits and checkpoints hold the least and greatest values of files that are long gone. The oldest go
    first, so a crash leaves a log that can be read, and cut again.
    """
    # a stream that has finished one batch may begin anywhere, and the log may begin later than that by now
    first = max(first, oldest_version(spark, path))
    write_checkpoint(spark, path, first)
    log = f"{path}/_delta_log"
    dated = ((VERSION.match(name), name) for name in file_names(spark, log))
    for name in sorted(name for found, name in dated if found and int(found[1]) < first):
        remove(spark, f"{log}/{name}")


def needed_by(spark: SparkSession, checkpoint: str, newest: int) -> int:
    """The first version of its table that a stream reads when it starts again; `newest` when it never ran.

    Spark reads the newest batch that it has finished once more, from the offset before it.
    """
    done = newest_batch(spark, checkpoint, "commits")
    if done < 0:
        return newest
    # before the first batch there is none, and that may begin anywhere
    before = offset_of(spark, checkpoint, done - 1)
    return 0 if before is None else min(json.loads(before)["reservoirVersion"], newest)


@contextmanager
def _without_retention(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get(RETENTION_CHECK, "true") or "true"
    spark.conf.set(RETENTION_CHECK, "false")
    try:
        yield
    finally:
        spark.conf.set(RETENTION_CHECK, before)
