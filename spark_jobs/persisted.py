"""Rows that are read several times, kept meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pyspark import InheritableThread, StorageLevel
from pyspark.sql import DataFrame

from spark_jobs.session import java_class


@contextmanager
def persisted(rows: DataFrame) -> Iterator[DataFrame]:
    """Rows -> the same, in memory or on disk from their first use to the end of the block.

    They stay what they were, whatever is written to the tables they came from, and what is built on them is planned
    from there. `DataFrame.persist` does neither: it analyses anew, at each step, all that led to them, compares every
    plan of the session with them, and plans them anew when a table of theirs is written to.
    """
    frames: Any = rows._jdf
    memory = _in_memory(rows)
    dataset = java_class(rows.sparkSession, "org.apache.spark.sql.classic.Dataset")
    plan = dataset.ofRows(frames.sparkSession(), memory)
    try:
        yield DataFrame(plan, rows.sparkSession)
    finally:
        memory.cacheBuilder().clearCache(False)


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


def _in_memory(rows: DataFrame) -> Any:
    """Spark's leaf of a plan that keeps what it reads; its cache manager knows nothing of it."""
    frames: Any = rows._jdf
    spark = rows.sparkSession
    level = spark.sparkContext._getJavaStorageLevel(StorageLevel.MEMORY_AND_DISK_DESER)
    relations = getattr(
        java_class(spark, "org.apache.spark.sql.execution.columnar.InMemoryRelation$"), "MODULE$"
    )
    return relations.apply(level, frames.queryExecution(), java_class(spark, "scala.Option").empty())
