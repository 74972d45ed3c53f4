"""The part of scored/<domain> that can matter to a batch's features, in as few rows as can tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_jobs.feature_rows import feature_columns, has_key, key_hash
from spark_jobs.history_entries import Entry, entries_of, merged
from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Transform, braced, quoted

DAY = timedelta(days=1)
# coalesced to so many tasks, rows stay in those that they have, and what is compiled before is apart from the rest
ALL_TASKS = 100_000


def to_history_rows(groups: Sequence[KeyGroup], batch: DataFrame, first: datetime) -> Transform:
    """Scored rows -> for each key of the batch what its windows can tell apart of them, and no more.

    batch: the feature rows of the batch; first: the earliest `occurred_at` in it, before whose longest window no
    day is read. Rows that all of a key's events see alike become one, of their summed `weight` and the latest
    `at`: a popular merchant's week becomes a few rows. `entry` numbers what a row stands for: a scored row is one
    thing to its user and another to its merchant, and all of them come of one reading.
    """
    entries = entries_of(groups)

    def transform(history: DataFrame) -> DataFrame:
        days = (first - max(group.span for group in groups)).date()
        recent = history.where(F.col("event_date") >= F.lit(days))
        entry_rows = merged(entries, _of_keys(entries, history.schema, first), dict(batch.dtypes))
        columns = _columns(entries, groups, batch.columns)
        text = f"select {columns} from ({entry_rows})"
        return history.sparkSession.sql(text, history=recent, batch=batch)

    return transform


def _columns(entries: Sequence[Entry], groups: Sequence[KeyGroup], names: Sequence[str]) -> str:
    """The batch's columns: the hash of the key that a row is an entry of, odd for other keys."""
    known = {"in_batch": "false", "is_late": "false"}
    for group in groups:
        own = ", ".join(str(number) for number, entry in enumerate(entries) if entry.root == group.root)
        known[group.hash] = key_hash(group, f"entry in ({own})")
    return ", ".join(f"{known.get(name, f'`{name}`')} as `{name}`" for name in names)


def _of_keys(entries: Sequence[Entry], schema: T.StructType, first: datetime) -> str:
    """The rows of the batch's keys, with the first and last time of each of their keys in the batch."""
    hint, recent = _hours_of(max(entry.span for entry in entries), first)
    roots = {entry.first: entry for entry in entries}
    features = [feature for entry in entries for feature in entry.features]
    columns = feature_columns(features, schema, [key for entry in entries for key in entry.root]).items()
    rows = ", ".join(f"{braced(sql)} as `{name}`" for name, sql in columns)
    hints = ", ".join(f"of_{number}" for number in range(len(roots)))
    joins = "".join(
        f" left join {_keys(entry)} as of_{number} using ({quoted(entry.root)})"
        for number, entry in enumerate(roots.values())
    )
    return (
        f"select /*+ broadcast({hints}) */ * from"
        f" (select {hint} {rows} from {{history}} where {recent})"
        f"{joins} where coalesce({', '.join(roots)}) is not null"
    )


def _hours_of(span: timedelta, first: datetime) -> tuple[str, str]:
    """A hint, and SQL of whether a row is of an hour that a span of less than a day reaches back to.

    Of a longer one all of its first day is read: this takes less than what Spark has to do to keep the hour, which
    is a number in the code that it makes, apart from what would be compiled anew, and be slow, with each new hour.
    """
    if span >= DAY:
        return "", "true"
    since = (first - span).replace(minute=0, second=0, microsecond=0)
    return f"/*+ coalesce({ALL_TASKS}) */", f"occurred_at >= timestamp'{since:%Y-%m-%d %H:%M:%S}Z'"


def _keys(entry: Entry) -> str:
    keys = quoted(entry.root)
    return (
        f"(select {keys}, min(at) as {entry.first}, max(at) as {entry.last} from {{batch}}"
        f" where {has_key(entry.root)} group by {keys})"
    )
