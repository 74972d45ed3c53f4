"""What `scored` and `quarantine` hold already when their query begins a new epoch: it is not judged again."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.checkpoint import SETTLED
from spark_jobs.epoch import has_epoch
from spark_jobs.feature_rows import ROW_ID
from spark_jobs.lake import oldest_version, read_table, table_property, table_version
from spark_jobs.quarantine import not_in
from spark_jobs.storage import read_text, replace_text
from weir.settings import settings

# a property of the table of scored, set before its newest rows are removed
NEXT_BATCH = "weir.nextBatch"


@dataclass(frozen=True, slots=True)
class Settled:
    """Where an epoch begins. seq: every message up to it is settled. batches: numbers that are taken.

    version: of raw, the first with a message beyond it. torn: how many parts beyond `seq` are in quarantine, of a
    batch that never reached scored; they are in the Parquet folder `parts`.
    """

    seq: int = -1
    batches: int = 0
    version: int = 0
    torn: int = 0
    parts: str = ""

    def without_settled_messages(self, raw: DataFrame) -> DataFrame:
        """Raw rows -> those that may have unsettled parts."""
        return raw if self.seq < 0 else raw.where(F.col("seq") > self.seq)

    def without_settled_parts(self, rows: DataFrame) -> DataFrame:
        """Rows with seq and part -> those that are not settled."""
        if not self.torn:
            return rows
        held = rows.sparkSession.read.parquet(self.parts)
        return rows.transform(not_in(held))


NOTHING_SETTLED = Settled()


def kept_settled(spark: SparkSession, checkpoint: str) -> Settled:
    """What this epoch was begun behind; nothing, for the first one."""
    text = read_text(spark, _path(checkpoint))
    return Settled(**json.loads(text), parts=_parts(checkpoint)) if text else NOTHING_SETTLED


def keep_settled(spark: SparkSession, domain: str, checkpoint: str) -> None:
    """Keep where a new epoch of scored/<domain> begins, unless the checkpoint has one already.

    A batch commits to quarantine and then to scored. So what came with or before the last batch in scored is
    whole; what quarantine holds beyond it may be a part of its batch only.
    """
    if has_epoch(spark, checkpoint):
        return
    scored, refused = (read_table(spark, settings().table(zone, domain)) for zone in ("scored", "quarantine"))
    whole = _greatest(scored, "batch_id")
    torn = refused.where(F.col("batch_id") > whole).select(*ROW_ID).distinct()
    torn.write.mode("overwrite").parquet(_parts(checkpoint))
    seq = max(_greatest(scored, "seq"), _greatest(refused.where(F.col("batch_id") <= whole), "seq"))
    settled = Settled(
        seq,
        next_batch(spark, domain),
        _first_version_beyond(spark, settings().table("raw", domain), seq),
        torn.count(),
    )
    # a checkpoint may be moved, and its parts with it
    kept = {name: value for name, value in asdict(settled).items() if name != "parts"}
    # there may be one, of a start that was cut short
    replace_text(spark, _path(checkpoint), json.dumps(kept))


def next_batch(spark: SparkSession, domain: str) -> int:
    """The number behind that of every batch which settled something, and be it erased since."""
    tables = {zone: settings().table(zone, domain) for zone in ("scored", "quarantine")}
    newest = max(_greatest(read_table(spark, path), "batch_id") for path in tables.values())
    return max(newest + 1, int(table_property(spark, tables["scored"], NEXT_BATCH) or 0))


def _greatest(rows: DataFrame, column: str) -> int:
    greatest = rows.agg(F.max(column)).collect()[0][0]
    return -1 if greatest is None else greatest


def first_beyond(versions: range, seq: int, newest_seq: Callable[[int], int]) -> int:
    """The first version whose newest message is beyond `seq`, the range's end when none is.

    Looked for from the newest on, in steps that double: a version that is weeks old may have lost its files.
    """
    step, end = 1, versions.stop
    while end > versions.start:
        probed = max(versions.start, versions.stop - step)
        if newest_seq(probed) <= seq:
            rest = range(probed + 1, end)
            return rest.start + bisect_right(rest, seq, key=newest_seq)
        step, end = 2 * step, probed
    return end


def _first_version_beyond(spark: SparkSession, raw: str, seq: int) -> int:
    versions = range(oldest_version(spark, raw), table_version(spark, raw) or 0)
    return first_beyond(versions, seq, lambda version: _greatest(read_table(spark, raw, version), "seq"))


def _path(checkpoint: str) -> str:
    return f"{checkpoint}/{SETTLED}"


def _parts(checkpoint: str) -> str:
    return f"{checkpoint}/settled"
