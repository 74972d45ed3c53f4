"""Delta tables with Spark: create, read, stream, change; append.py adds a batch to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.session import java_class
from weir.error import WeirError

MARGIN = 10
DELTA_LOG = "org.apache.spark.sql.delta.DeltaLog"
DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


class TypeChanged(WeirError):
    """A column is declared with a type that cannot hold the values that the table has in it."""


def create_table(
    spark: SparkSession, path: str, columns: Mapping[str, str], partition_by: str | None = None
) -> None:
    """Make the table when it is not there; when it is, add the columns it lacks and widen those that grew.

    columns: name -> Spark SQL type, in order. A column that is no longer among them stays, with its values.
    Raises TypeChanged.
    """
    if table_version(spark, path) is None:
        # every reader of the lake can read a table without deletion vectors
        table = DeltaTable.createIfNotExists(spark).location(path)
        table = table.property("delta.enableDeletionVectors", "false")
        for name, kind in columns.items():
            table = table.addColumn(name, kind)
        (table.partitionedBy(partition_by) if partition_by else table).execute()
        return
    held = dict(read_table(spark, path).dtypes)
    missing = {name: kind for name, kind in columns.items() if name not in held}
    if missing:
        spark.sql(f"alter table delta.`{path}` add columns ({ddl(missing)})")
    for name, kind in columns.items():
        if name in held and held[name] != kind:
            _widen(spark, path, name, held[name], kind)


def widens(held: str, wanted: str) -> bool:
    """Whether every value of one Spark SQL type is one of the other, so that old files can be read as it."""
    narrow, wide = _digits(held), _digits(wanted) if DECIMAL.fullmatch(wanted) else None
    if narrow is None or wide is None:
        return False
    return narrow[0] <= wide[0] and narrow[1] <= wide[1]


def _digits(kind: str) -> tuple[int, int] | None:
    """A type of exact numbers -> how many digits it has before and behind the point."""
    found = DECIMAL.fullmatch(kind)
    if found:
        return int(found[1]) - int(found[2]), int(found[2])
    # a long has 19, and Delta asks for one more
    return (20, 0) if kind == "bigint" else None


def _widen(spark: SparkSession, path: str, name: str, held: str, wanted: str) -> None:
    if not widens(held, wanted):
        raise TypeChanged(
            f"{path}: column {name} holds {held}, but is declared as {wanted} now, which cannot hold that; "
            f"declare a new column beside it (a contract's column may name {name} as its alias)"
        )
    # a feature that readers must know, so a table has it only when it needs it
    spark.sql(f"alter table delta.`{path}` set tblproperties ('delta.enableTypeWidening' = 'true')")
    spark.sql(f"alter table delta.`{path}` alter column `{name}` type {wanted}")


def read_table(spark: SparkSession, path: str, version: int | None = None) -> DataFrame:
    """The rows of a table, as they are now or as they were at a version."""
    reader = spark.read.format("delta")
    return (reader if version is None else reader.option("versionAsOf", version)).load(path)


def to_types_of(held: DataFrame) -> Callable[[DataFrame], DataFrame]:
    """Rows -> the same rows in the types that `held` has for their columns, or Delta refuses them.

    They differ when a table was widened and a batch is tried again by the pack of before.
    """
    kinds = dict(held.dtypes)

    def transform(rows: DataFrame) -> DataFrame:
        other = {name: kinds[name] for name, kind in rows.dtypes if kinds.get(name, kind) != kind}
        return (
            rows.withColumns({name: F.col(name).cast(kind) for name, kind in other.items()})
            if other
            else rows
        )

    return transform


def stream_table(spark: SparkSession, path: str, max_bytes: str | None = None, first: int = 0) -> DataFrame:
    """The rows of a table as a stream in the order of its commits, about `max_bytes` ('256m') a batch.

    first: the version to begin with, while the stream's checkpoint is new. Commits that only remove rows
    (an erasure) are passed over; compaction is never seen.
    """
    # by commits: a snapshot would come in the order of file times
    reader = spark.readStream.format("delta").option("startingVersion", first)
    reader = reader.option("skipChangeCommits", "true")
    return (reader if max_bytes is None else reader.option("maxBytesPerTrigger", max_bytes)).load(path)


def append_rows(rows: DataFrame, path: str) -> None:
    """Append a few rows outside any stream, such as a mapping; who calls sees to it that they come once."""
    rows.write.format("delta").mode("append").save(path)


def merge_into(path: str, new: DataFrame, on: str, update: Mapping[str, str] | None = None) -> None:
    """Insert the rows of `new` that match none of `held`, the table's, and `update` those held that match.

    on, update: SQL over `held` and `new`; each row of the table may match one new row at most.
    """
    table = DeltaTable.forPath(new.sparkSession, path).alias("held").merge(new.alias("new"), on)
    matched = table.whenMatchedUpdate(set=dict(update)) if update else table
    matched.whenNotMatchedInsertAll().execute()


def delete_matching(path: str, gone: DataFrame, on: str) -> None:
    """Remove the rows, `held`, that match any of `gone` by SQL over both.

    The log keeps that text, and no value of `gone`.
    """
    merge = DeltaTable.forPath(gone.sparkSession, path).alias("held").merge(gone.alias("gone"), on)
    merge.whenMatchedDelete().execute()


def delete_where(spark: SparkSession, path: str, condition: str) -> None:
    """Remove the rows for which a SQL condition holds; the log keeps its text."""
    DeltaTable.forPath(spark, path).delete(condition)


def update_where(spark: SparkSession, path: str, condition: str, values: Mapping[str, str]) -> None:
    """Give columns the values of SQL expressions, where a SQL condition holds; the log keeps their text."""
    DeltaTable.forPath(spark, path).update(condition, dict(values))


def ddl(columns: Mapping[str, str]) -> str:
    """Name -> Spark SQL type, as in weir.tables -> the schema as Spark reads it."""
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())


def table_version(spark: SparkSession, path: str) -> int | None:
    """The newest version of the table, or None when there is no table yet."""
    version = table_snapshot(spark, path).version()
    return None if version < 0 else version


def oldest_version(spark: SparkSession, path: str) -> int:
    """The oldest version that the table's log still has."""
    oldest = DeltaTable.forPath(spark, path).history().agg(F.min("version")).collect()
    return oldest[0][0]


def table_state(spark: SparkSession, path: str) -> str:
    """What changes whenever the table's rows do: its identity and version. The table has to be there."""
    snapshot = table_snapshot(spark, path)
    return f"{snapshot.metadata().id()}@{snapshot.version()}"


def table_property(spark: SparkSession, path: str, name: str) -> str | None:
    """A property of the table, None when it was never set."""
    value = table_snapshot(spark, path).metadata().configuration().get(name)
    return value.get() if value.isDefined() else None


def set_property(spark: SparkSession, path: str, name: str, value: str) -> None:
    """Set a property of the table, in a commit of its own."""
    spark.sql(f"alter table delta.`{path}` set tblproperties ('{name}' = '{value}')")


def write_checkpoint(spark: SparkSession, path: str, version: int) -> None:
    """Write what the table was at a version into one file of its log, so that no older file is needed."""
    none, log = nothing(spark), table_log(spark, path)
    log.checkpoint(log.getSnapshotAt(version, none, none, False), none)


def rows_appended(spark: SparkSession, path: str, since: int) -> int:
    """How many rows the appends after version `since` brought."""
    versions = (table_version(spark, path) or 0) - since
    if versions <= 0:
        return 0
    # without a limit it reads the log of a month; another writer may commit meanwhile
    newest = DeltaTable.forPath(spark, path).history(versions + MARGIN)
    appends = newest.where((F.col("version") > since) & (F.col("operation") == "WRITE"))
    rows = F.sum(F.col("operationMetrics.numOutputRows").cast("bigint"))
    return appends.select(F.coalesce(rows, F.lit(0))).first()[0]  # pyright: ignore[reportOptionalSubscript]


def table_snapshot(spark: SparkSession, path: str) -> Any:
    """The newest state of a table, as Delta's Java has it: its Python shows neither transaction ids nor files."""
    none = nothing(spark)
    return table_log(spark, path).update(False, none, none)


def commit_summary(snapshot: Any) -> Any:
    """What Delta has written beside the newest commit, or None; for all else that it tells it reads the whole log."""
    written = snapshot.checksumOpt()
    return written.get() if written.isDefined() else None


def nothing(spark: SparkSession) -> Any:
    """Scala's None."""
    return java_class(spark, "scala.Option").empty()


def table_log(spark: SparkSession, path: str) -> Any:
    """The log of a table, as Delta's Java has it."""
    return java_class(spark, DELTA_LOG).forTable(spark._jsparkSession, path)
