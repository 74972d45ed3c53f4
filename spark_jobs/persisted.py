"""Rows that are read several times, kept meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pyspark import InheritableThread, StorageLevel
from pyspark.sql import DataFrame

from spark_jobs.session import jvm


@contextmanager
def persisted(rows: DataFrame) -> Iterator[DataFrame]:
    """Rows -> the same, in memory or on disk from their first use to the end of the block.

    What is built on them is planned from there: Spark would analyse anew, at each step, all that led to them.
    """
    rows.persist(StorageLevel.MEMORY_AND_DISK_DESER)
    try:
        yield _kept(rows)
    finally:
        rows.unpersist()


@contextmanager
def fetched(rows: DataFrame) -> Iterator[DataFrame]:
    """Rows -> the same, kept as `persisted` does, and read from now on while the block goes on to plan its steps."""
    with persisted(rows) as kept:
        reading = InheritableThread(target=_read, args=(kept,))
        reading.start()
        try:
            yield kept
        finally:
            reading.join()


def _read(rows: DataFrame) -> None:
    # what fails here fails again, and is told, where the rows are used
    with suppress(Exception):
        rows.count()


def _kept(rows: DataFrame) -> DataFrame:
    frames: Any = rows._jdf
    plan = frames.queryExecution().withCachedData()
    return DataFrame(
        jvm(rows.sparkSession).org.apache.spark.sql.classic.Dataset.ofRows(frames.sparkSession(), plan),
        rows.sparkSession,
    )
