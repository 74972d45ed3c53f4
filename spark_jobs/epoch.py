"""A query's epoch: the one life of a checkpoint. It keeps a lost checkpoint from losing or doubling rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.sql import SparkSession

from spark_jobs.append import last_batch, transactions
from spark_jobs.checkpoint import EPOCH, newest_batch
from spark_jobs.storage import read_text, write_text
from weir.error import WeirError


class OrphanedTable(WeirError):
    """The table holds batches of this query that its checkpoint knows nothing of."""


def resume(
    spark: SparkSession, name: str, checkpoint: str, tables: Iterable[str], new_epoch: bool = False
) -> str:
    """A query's name, checkpoint and tables -> its transaction id `name:epoch`.

    Batch numbers start at 0 with every checkpoint, so under an old id the table would take new rows for old
    ones and drop them. Raises OrphanedTable when the checkpoint is not the one the tables were written with.
    """
    paths = list(tables)
    epoch = read_text(spark, _epoch_path(checkpoint))
    if epoch is None:
        epoch = str(_first_epoch(spark, name, checkpoint, paths, new_epoch))
        write_text(spark, _epoch_path(checkpoint), epoch)
    query = f"{name}:{epoch}"
    for path in paths:
        _require_same_life(spark, query, checkpoint, path)
    return query


def has_epoch(spark: SparkSession, checkpoint: str) -> bool:
    """Whether a checkpoint belongs to an epoch already."""
    return read_text(spark, _epoch_path(checkpoint)) is not None


def _first_epoch(spark: SparkSession, name: str, checkpoint: str, tables: list[str], new_epoch: bool) -> int:
    held = {table: _epochs(spark, name, table) for table in tables}
    for table, epochs in held.items():
        if epochs and not new_epoch:
            raise OrphanedTable(
                f"{table} holds rows that '{name}' wrote, but its checkpoint {checkpoint} is gone; "
                "put the checkpoint back, or go on behind what the table holds with --new-epoch"
            )
    return 1 + max((epoch for epochs in held.values() for epoch in epochs), default=-1)


def _require_same_life(spark: SparkSession, query: str, checkpoint: str, table: str) -> None:
    # Spark notes a batch as begun before any of it is written
    written, known = last_batch(spark, table, query), newest_batch(spark, checkpoint, "offsets")
    if written is not None and written > known:
        raise OrphanedTable(
            f"{table} holds batch {written} of '{query}', but its checkpoint {checkpoint} ends at {known}; "
            "put the newer checkpoint back, or remove this one and go on with --new-epoch"
        )


def _epochs(spark: SparkSession, name: str, table: str) -> list[int]:
    ids = (query.rpartition(":") for query in transactions(spark, table))
    # a batch may quarantine in commits of names of their own: poison/1c3a5e7f/scored/payments, again/...
    owners = re.compile(f"((poison|again)/[0-9a-f]+/|again/)?{re.escape(name)}")
    return [int(epoch) for owner, _, epoch in ids if owners.fullmatch(owner) and epoch.isdecimal()]


def _epoch_path(checkpoint: str) -> str:
    return f"{checkpoint}/{EPOCH}"
