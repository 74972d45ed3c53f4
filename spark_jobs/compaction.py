"""The files of a Delta table, kept few: small ones are gathered, and those that nothing needs go."""

from __future__ import annotations

from datetime import timedelta

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import commit_summary, table_snapshot

MEGABYTE = 1_000_000
# how long a reader may go on with a version of a table
KEPT = timedelta(days=7)


def compact(spark: SparkSession, path: str, at_least: int = 16, small: int = 16 * MEGABYTE) -> int:
    """Gather the small files of every partition that has `at_least` of them -> how many partitions it did.

    small: bytes. The rows stay what they are, so streams that read the table do not notice.
    """
    table = DeltaTable.forPath(spark, path)
    # a gigabyte by default: all of a day would be written anew each time
    spark.conf.set("spark.databricks.delta.optimize.minFileSize", str(small))
    crowded = _crowded_partitions(spark, path, at_least, small)
    for values in crowded:
        conditions = [_partition_is(name, value) for name, value in values.items()]
        optimizer = table.optimize()
        (optimizer.where(" and ".join(conditions)) if conditions else optimizer).executeCompaction()
    return len(crowded)


def vacuum(spark: SparkSession, path: str) -> None:
    """Remove the data files that no version of the last KEPT needs."""
    DeltaTable.forPath(spark, path).vacuum(KEPT / timedelta(hours=1))


def _crowded_partitions(
    spark: SparkSession, path: str, at_least: int, small: int
) -> list[dict[str, str | None]]:
    snapshot = table_snapshot(spark, path)
    summary = commit_summary(snapshot)
    if summary is not None and summary.numFiles() < at_least:
        return []
    files = DataFrame(snapshot.allFiles().toDF(), spark)
    values = F.to_json("partitionValues", {"ignoreNullFields": "false"})
    counted = (
        files.where(F.col("size") < small)
        .groupBy(values.alias("values"))
        .agg(F.count("*").alias("files"), F.first("partitionValues").alias("partition_values"))
    )
    return [row.partition_values for row in counted.where(F.col("files") >= at_least).collect()]


def _partition_is(name: str, value: str | None) -> str:
    return f"`{name}` is null" if value is None else f"`{name}` = '{value}'"
