"""The part of scored/<domain> that can matter to a batch's features, in no more rows than it takes to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_jobs.feature_rows import feature_columns, has_key, key_hash
from spark_jobs.history_entries import Entry, entries_of
from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Transform, quoted


def to_history_rows(groups: Sequence[KeyGroup], batch: DataFrame, first: datetime) -> Transform:
    """Scored rows -> for each key of the batch what its windows can tell apart of them, and no more.

    batch: the feature rows of the batch; first: the earliest `occurred_at` in it, before whose longest window no
    file is read. Rows that all of a key's events see alike become one, of their summed `weight` and the latest
    `at`: a popular merchant's week becomes a few rows. `entry` numbers what a row stands for.
    """
    entries = entries_of(groups)

    def transform(history: DataFrame) -> DataFrame:
        days = (first - max(group.span for group in groups)).date()
        recent = history.where(F.col("event_date") >= F.lit(days))
        selects = [
            f"select {_columns(entry, groups, batch)}, {number} as entry, first"
            f" from ({entry.merged(_of_keys(entry, history.schema, first))})"
            for number, entry in enumerate(entries)
        ]
        return history.sparkSession.sql(" union all ".join(selects), history=recent, batch=batch)

    return transform


def _columns(entry: Entry, groups: Sequence[KeyGroup], batch: DataFrame) -> str:
    """The batch's columns, null where they are other entries'."""
    hashes = {group.hash: key_hash(group, str(group.root == entry.root).lower()) for group in groups}
    known = {**hashes, "in_batch": "false", **{name: f"`{name}`" for name in entry.merged_columns()}}
    return ", ".join(f"{known.get(name, 'null')} as `{name}`" for name in batch.columns)


def _of_keys(entry: Entry, schema: T.StructType, first: datetime) -> str:
    """The rows of the batch's keys, with each key's `first` and `last` time in the batch."""
    # to the hour: Spark compiles anew for every other number, and new code is slow code
    since = (first - entry.span).replace(minute=0, second=0, microsecond=0)
    columns = feature_columns(entry.features, schema, entry.root).items()
    rows = ", ".join(f"{sql} as `{name}`" for name, sql in columns)
    keys = quoted(entry.root)
    return (
        f"select /*+ broadcast(of_key) */ * from"
        f" (select {rows} from {{history}} where occurred_at >= timestamp'{since:%Y-%m-%d %H:%M:%S}Z')"
        f" join (select {keys}, min(at) as first, max(at) as last from {{batch}}"
        f" where {has_key(entry.root)} group by {keys}) as of_key using ({keys})"
    )
