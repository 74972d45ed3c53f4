"""A stream of records, opened for landing: what Kafka, Kinesis and Jetstream share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from spark_jobs.append import append_once, has_appended, last_batch
from spark_jobs.checkpoint import START, first_offset, newest_batch, offset_of
from spark_jobs.epoch import has_epoch
from spark_jobs.feed import Feed, Run
from spark_jobs.lake import read_table
from spark_jobs.persisted import persisted
from spark_jobs.raw import next_seq, with_receipt
from spark_jobs.sources.source import ARRIVED, FORMAT, RecordSource
from spark_jobs.storage import read_text, replace_text, write_text
from weir.error import WeirError

# monotonically_increasing_id keeps the number of the row within its task in the lower 33 bits
ROW_OF_TASK = (1 << 33) - 1


class OtherPlace(WeirError):
    """The checkpoint belongs to another place of the same kind."""


@dataclass(frozen=True, slots=True)
class RecordLanding:
    """The `foreachBatch` of raw/<domain> from records: a batch -> its messages, appended once."""

    run: Run
    source: RecordSource

    def __call__(self, records: DataFrame, batch_id: int) -> None:
        run = self.run
        if has_appended(run.spark, run.raw, run.query, batch_id):
            return
        receipt = with_receipt(datetime.now(UTC), batch_id)
        with numbered(records, next_seq(run.spark, run.raw), self.source) as rows:
            append_once(rows.withColumns(self._named(rows)).transform(receipt), run.raw, run.query, batch_id)

    def _named(self, rows: DataFrame) -> dict[str, Column]:
        named = {"source": self.source.name, FORMAT: self.run.format, "mapping": self.run.mapping}
        columns = {name: F.lit(value).cast("string") for name, value in named.items()}
        if FORMAT in rows.columns:
            columns[FORMAT] = F.coalesce(FORMAT, columns[FORMAT])
        return columns


def open_records(source: RecordSource, run: Run) -> Feed:
    """A source of records -> its feed. Raises MessagesGone, OtherPlace."""
    _require_same_place(source, run)
    landed = json.loads(read_text(run.spark, _start(run.checkpoint)) or "{}")

    def require_kept() -> None:
        source.require_kept(run.spark, reached(run), landed)

    require_kept()
    rows = source.stream(run.spark, landed, run.checkpoint)
    return Feed(rows, RecordLanding(run, source), require_kept=require_kept)


def begin_behind(spark: SparkSession, raw: str, checkpoint: str, source: RecordSource) -> None:
    """Keep where a new checkpoint begins: behind the last message that `raw` holds of each lane.

    Kept in a file, because a crash may come between this and the first batch, which keeps it for good.
    """
    if not has_epoch(spark, checkpoint):
        source.leave_behind(checkpoint)
        # there may be one, of a start that was cut short
        replace_text(spark, _start(checkpoint), json.dumps(last_positions(spark, raw, source)))


def last_positions(spark: SparkSession, raw: str, source: RecordSource) -> dict[str, int]:
    """Partition -> position of the last message that `raw` holds of each lane."""
    messages = read_table(spark, raw).where(F.col("source") == source.name)
    order = F.struct(*map(F.expr, source.order))
    last = F.max_by(F.struct("partition", "position"), order).alias("last")
    rows = messages.groupBy(F.expr(source.lane)).agg(last).select("last.*").collect()
    return {row["partition"]: row["position"] for row in rows}


def reached(run: Run) -> str | None:
    """The source's own offset (JSON) up to which `raw` holds everything.

    None when nothing has landed, unless the source has noted where the first batch begins, which may have failed.
    """
    appended = last_batch(run.spark, run.raw, run.query)
    done = newest_batch(run.spark, run.checkpoint, "commits")
    # a crash between append and checkpoint leaves the table one batch ahead
    newest = max(done, -1 if appended is None else appended)
    if newest < 0:
        return first_offset(run.spark, run.checkpoint)
    return offset_of(run.spark, run.checkpoint, newest)


@contextmanager
def numbered(
    records: DataFrame, first: int, source: type[RecordSource] | RecordSource
) -> Iterator[DataFrame]:
    """Records -> the same with `seq`, rising from `first` along each of the source's lanes, without gaps.

    Lanes are put together by the time of arrival where that is known, or else follow one another. The rows of a
    task follow those of the task before it, so that a reader of the table who takes some files of a commit takes
    the earliest rows. Kept in memory meanwhile: the source is read once.
    """
    with persisted(_in_order(records, F.expr(source.lane), [*map(F.expr, source.order)])) as kept:
        row = F.monotonically_increasing_id().bitwiseAND(F.lit(ROW_OF_TASK))
        yield kept.withColumn("seq", _start_of_task(kept, first) + row)


def _in_order(records: DataFrame, lane: Column, order: list[Column]) -> DataFrame:
    if ARRIVED not in records.columns:
        return records.repartition(lane).sortWithinPartitions(lane, *order)
    # a lane keeps its order where its producers' clocks disagree
    so_far = (
        Window.partitionBy(lane).orderBy(*order).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    timed = records.withColumn(ARRIVED, F.max(ARRIVED).over(so_far))
    return timed.orderBy(ARRIVED, lane, *order).drop(ARRIVED)


def _start_of_task(tasks: DataFrame, first: int) -> Column:
    """Tasks -> the `seq` of the first row of the task that a row is in."""
    counted = tasks.groupBy(F.spark_partition_id().alias("task")).count().collect()
    counts = dict(sorted((row["task"], row["count"]) for row in counted))
    starts = zip(counts, accumulate(counts.values(), initial=first), strict=False)
    cases = [F.when(F.spark_partition_id() == task, F.lit(start).cast("bigint")) for task, start in starts]
    return F.coalesce(*cases, F.lit(first).cast("bigint"))


def _require_same_place(source: RecordSource, run: Run) -> None:
    path = f"{run.checkpoint}/source"
    known = read_text(run.spark, path)
    if known is None:
        write_text(run.spark, path, source.name)
    elif known != source.name:
        raise OtherPlace(
            f"{run.checkpoint}: lands {known}, not {source.name}; give the other source a domain or a home of its "
            "own, or leave the first one for good: move this checkpoint away and start with --new-epoch"
        )


def _start(checkpoint: str) -> str:
    return f"{checkpoint}/{START}"
