"""What a stream does beside its batches, so that files do not pile up however long it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread

from pyspark.sql import DataFrame, SparkSession

from spark_jobs import kept
from spark_jobs.compaction import compact, vacuum
from spark_jobs.storage import read_text, replace_text
from weir.settings import settings

ZONES = ("raw", "scored", "quarantine")
# whose turn it is next: every batch reads `scored` anew, and each of its small files takes some 10 ms of that
TURNS = ("scored", "raw", "scored", "quarantine")
# batches from one turn to the next, so that no batch waits for more than one table
EVERY = 15
# Spark keeps the offsets and commits of as many batches (spark.sql.streaming.minBatchesToRetain)
PLANS = 100
log = logging.getLogger("weir.upkeep")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The upkeep of one domain's tables and of the checkpoint of its scored query.

    Tables are compacted between two batches: an append to `scored` reads `scored`, so a compaction that came
    between would make it fail.
    """

    spark: SparkSession
    domain: str
    checkpoint: str

    def after(self, batch_id: int) -> None:
        """Every so many batches compact one table, forget old plans, and once a day vacuum in a thread.

        What goes wrong here is logged: it is tried again later, and no reason to stop a stream.
        """
        turn, rest = divmod(batch_id + 1, EVERY)
        if rest:
            return
        try:
            compact(self.spark, self._table(TURNS[turn % len(TURNS)]))
            kept.forget_batches(self.spark, self.checkpoint, batch_id - PLANS)
            if self._is_new_day():
                Thread(target=self.vacuum, daemon=True).start()
        except Exception as cause:
            log.warning("%s: upkeep failed, the stream goes on: %.300s", self.domain, cause)

    def at_end(self) -> None:
        """Compact every table, and vacuum once a day: for a run that ends."""
        for zone in ZONES:
            compact(self.spark, self._table(zone))
        if self._is_new_day():
            self.vacuum()

    def vacuum(self) -> None:
        """Remove what compaction has left behind, which may take long and is in nobody's way."""
        # not one of the query's jobs, which end with it
        self.spark.sparkContext.setJobGroup(f"upkeep/{self.domain}", "vacuum")
        for zone in ZONES:
            try:
                vacuum(self.spark, self._table(zone))
            except Exception as cause:
                log.warning("%s: vacuum of %s failed: %.300s", self.domain, zone, cause)

    def _is_new_day(self) -> bool:
        """Whether no upkeep has asked this today; not on the first day, when nothing is old enough."""
        path, today = f"{self.checkpoint}/kept/vacuumed", datetime.now(UTC).date().isoformat()
        last = read_text(self.spark, path)
        if last != today:
            replace_text(self.spark, path, today)
        return last not in (None, today)

    def _table(self, zone: str) -> str:
        return settings().table(zone, self.domain)


def with_upkeep(score: Callable[[DataFrame, int], None], upkeep: Upkeep) -> Callable[[DataFrame, int], None]:
    """A `foreachBatch` -> the same, with upkeep behind each batch."""

    def run(raw: DataFrame, batch_id: int) -> None:
        score(raw, batch_id)
        upkeep.after(batch_id)

    return run
