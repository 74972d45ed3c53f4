"""reference/<list>: values that events are looked up in, and from when to when each was listed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import create_table, merge_into, read_table
from spark_jobs.list_file import ListError, read_values
from spark_jobs.writing import writing
from weir.settings import settings
from weir.tables import REFERENCE


def load_reference(
    spark: SparkSession,
    name: str,
    file: Path,
    source: str | None = None,
    listed_at: datetime | None = None,
    may_shrink: bool = False,
) -> dict[str, int]:
    """A list's newest file -> the table, and counts of the values `added`, `delisted` and `kept`.

    source: who publishes it, else the file's name without its date or number; values of other sources stay as
    they are. listed_at: since when new values count, for all time when None. A value that the file no longer
    holds is delisted from `listed_at` or now; one that comes back counts from then on again.
    Raises ListError, unless it may_shrink so far, when a file would delist more than half of what its source has
    listed: a download that failed is a file, too. LeaseHeld while another file of the list is loaded.
    """
    with writing(f"reference-{name}", "weir reference load"):
        return _load(spark, name, file, source, listed_at, may_shrink)


def source_of(file: Path) -> str:
    """ofac_addresses_2024-09-27.tar.gz -> 'ofac_addresses', so that the next issue replaces this one."""
    stem = file.name.partition(".")[0]
    return re.sub(r"[\W_]+\d[\d\W_]*$", "", stem) or stem


def _load(
    spark: SparkSession,
    name: str,
    file: Path,
    source: str | None,
    listed_at: datetime | None,
    may_shrink: bool,
) -> dict[str, int]:
    path = settings().table("reference", name)
    create_table(spark, path, REFERENCE)
    publisher = source or source_of(file)
    values, now = read_values(file), datetime.now(UTC)
    mine = read_table(spark, path).where(F.col("source") == publisher)
    listed = {row["value"] for row in mine.where("delisted_at is null").select("value").collect()}
    added, gone = values - listed, listed - values
    if len(gone) > len(listed) / 2 and not may_shrink:
        raise ListError(
            f"{file}: would delist {len(gone):,} of the {len(listed):,} values that {publisher} has listed;"
            " if it is a whole list, load it with --shrink"
        )
    if added or gone:
        changes = _changes(spark, mine, added, gone, listed_at, now)
        _merge(changes.withColumns({"loaded_at": F.lit(now), "source": F.lit(publisher)}), path)
    return {"added": len(added), "delisted": len(gone), "kept": len(values & listed)}


def _changes(
    spark: SparkSession,
    mine: DataFrame,
    added: set[str],
    gone: set[str],
    listed_at: datetime | None,
    now: datetime,
) -> DataFrame:
    """value, listed_at, delisted_at: a row to add where delisted_at is null, else one to end."""
    since = listed_at or now
    once_listed = mine.select("value", F.lit(True).alias("returns")).distinct()
    new = _column(spark, added).join(once_listed, "value", "left")
    first = F.when(F.col("returns"), F.lit(since)).otherwise(F.lit(listed_at).cast("timestamp"))
    ended = F.lit(None).cast("timestamp")
    return new.select("value", first.alias("listed_at"), ended.alias("delisted_at")).unionByName(
        _column(spark, gone).select("value", ended.alias("listed_at"), F.lit(since).alias("delisted_at"))
    )


def _merge(changes: DataFrame, path: str) -> None:
    merge_into(
        path,
        changes,
        on="held.value = new.value and held.source = new.source and held.delisted_at is null",
        update={"delisted_at": "new.delisted_at"},
    )


def _column(spark: SparkSession, values: set[str]) -> DataFrame:
    return spark.createDataFrame(pa.table({"value": pa.array(sorted(values), pa.string())}))
