"""A batch appended to a Delta table once, however often it is tried: docs/decisions/0018 says why by Delta's inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.lake import commit_summary, nothing, table_log, table_snapshot
from spark_jobs.session import java_class


def append_once(rows: DataFrame, path: str, query: str, batch_id: int, spread_by: str | None = None) -> bool:
    """Append a batch unless this query has appended it before -> whether it did so now.

    query: `name:epoch`, the Delta transaction id. spread_by: the partition column; rows are gathered by it
    first, or else a batch over thousands of days writes that many files from every task. Of two that append the same
    batch at once the later gets Delta's ConcurrentTransactionException.
    """
    spark = rows.sparkSession
    transaction = table_log(spark, path).startTransaction()
    if _is_in(_transactions(transaction.snapshot()), query, batch_id):
        return False
    # what it depends on, so that who appends the same batch meanwhile conflicts with it
    transaction.readTxn().addOne(query)
    gathered = rows.repartition(spread_by) if spread_by else rows
    with _active(spark, transaction):
        _append(gathered, transaction, {"txnAppId": query, "txnVersion": str(batch_id)})
    return True


def has_appended(spark: SparkSession, path: str, query: str, batch_id: int) -> bool:
    """Whether `name:epoch` has appended this batch to the table, or one behind it."""
    return _is_in(transactions(spark, path), query, batch_id)


def last_batch(spark: SparkSession, path: str, query: str) -> int | None:
    """The newest batch that `name:epoch` appended to the table, or None."""
    return transactions(spark, path).get(query)


def transactions(spark: SparkSession, path: str) -> dict[str, int]:
    """Every `name:epoch` that ever appended to the table -> its newest batch."""
    return _transactions(table_snapshot(spark, path))


def _is_in(done: dict[str, int], query: str, batch_id: int) -> bool:
    return query in done and batch_id <= done[query]


def _transactions(snapshot: Any) -> dict[str, int]:
    summary = commit_summary(snapshot)
    known = None if summary is None else summary.setTransactions()
    # very many are not in it
    held = (known.get() if known is not None and known.isDefined() else snapshot.setTransactions()).iterator()
    found = {}
    while held.hasNext():
        transaction = held.next()
        found[transaction.appId()] = transaction.version()
    return found


def _append(rows: DataFrame, transaction: Any, options: dict[str, str]) -> None:
    """Do what `rows.write.format("delta").mode("append").options(...)` does within a transaction of its own.

    That one asks a table's whole log whether the batch is there, which is most of the time of a small append.
    """
    spark, none = rows.sparkSession, nothing(rows.sparkSession)
    session: Any = spark._jsparkSession
    scala = java_class(spark, "org.apache.spark.api.python.PythonUtils")
    mode = java_class(spark, "org.apache.spark.sql.SaveMode").Append
    no_columns, no_properties = scala.toSeq([]), scala.toScalaMap({})
    given = _delta(spark, "DeltaOptions")(scala.toScalaMap(options), session.sessionState().conf())
    write = _delta(spark, "commands.WriteIntoDelta")(
        transaction.deltaLog(), mode, given, no_columns, no_properties, rows._jdf, none, none, False
    )
    written = write.writeAndReturnCommitData(transaction, session, none, False)
    partition_by = java_class(spark, "scala.Option").apply(no_columns)
    operation = _delta(spark, "DeltaOperations$Write")(mode, partition_by, *[none] * 7)
    transaction.commitIfNeeded(written.actions(), operation, written.stringTags())


@contextmanager
def _active(spark: SparkSession, transaction: Any) -> Iterator[None]:
    """What is read of the table in the block is read as the transaction sees it."""
    of_this_thread = getattr(_delta(spark, "OptimisticTransaction$"), "MODULE$")
    of_this_thread.setActive(transaction)
    try:
        yield
    finally:
        of_this_thread.clearActive()


def _delta(spark: SparkSession, name: str) -> Any:
    return java_class(spark, f"org.apache.spark.sql.delta.{name}")
