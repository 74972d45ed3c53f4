"""One micro-batch of `raw` -> quarantine, then scored: two commits, each made once however often it is tried."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs import kept, quarantine, scored
from spark_jobs.append import append_once
from spark_jobs.batch_report import Report, Tally, batch_report, tally_of
from spark_jobs.extent import Extent, extent_of, gathered
from spark_jobs.failure import blames_storage, root_line
from spark_jobs.feature_rows import ROW_ID
from spark_jobs.features import earlier_rows
from spark_jobs.judged import filter_valid, judged
from spark_jobs.lake import create_table, read_table, table_version, to_types_of
from spark_jobs.mapping import kept_mappings
from spark_jobs.persisted import fetched, persisted
from spark_jobs.poison import culprits
from spark_jobs.settled import NOTHING_SETTLED, Settled
from weir.pack import Pack, PackError, load_pack
from weir.settings import settings
from weir.tables import REFERENCE, scored_columns

TRIES = 3
# each day is a file, which a task writes one after the other
DAYS_OF_ONE_TASK = 30
log = logging.getLogger("weir.scorer")


@dataclass(frozen=True, slots=True)
class Scorer:
    """The `foreachBatch` of scored/<domain>.

    checkpoint: its query's; query: its transaction id `name:epoch`; settled: what an earlier epoch has done;
    max_ages: kind of source -> how many seconds late its events may arrive; report: called with what each batch did.
    """

    spark: SparkSession
    domain: str
    checkpoint: str
    query: str
    settled: Settled = NOTHING_SETTLED
    max_ages: Mapping[str, float] = field(default_factory=dict)
    report: Report | None = None

    def __call__(self, raw: DataFrame, batch_id: int) -> None:
        """Judge and score one batch; a message that kills it is quarantined and the others go on."""
        # a streaming batch has a session of its own, in which all that it is joined with must be read
        unsettled = self.settled.without_settled_messages(raw)
        replace(self, spark=raw.sparkSession)._run(unsettled, batch_id)

    def _run(self, raw: DataFrame, batch_id: int) -> None:
        before = kept.kept_plan(self.spark, self.checkpoint, batch_id)
        plan = before or self._new_plan(batch_id)
        pack = kept.kept_pack(self.spark, self.checkpoint, plan.pack)
        batch = Batch(self, batch_id, plan, pack, is_made_again=before is not None)
        failure = self._tried(batch, raw)
        if failure is None:
            return
        known = batch.poison()

        def note(found: Sequence[int]) -> None:
            kept.keep_poison(self.spark, self.checkpoint, batch_id, (*known, *found))

        found = culprits(raw.where(~F.col("seq").isin(*known)), batch.scores_of, failure, note)
        note(found)
        log.error("%s: batch %d goes on without the messages of seq %s", self.domain, batch_id, found)
        batch.write(raw)

    def _tried(self, batch: Batch, raw: DataFrame) -> Exception | None:
        """Write the batch; what went wrong in the last of TRIES, or None. Raises what is no message's fault."""
        failure = None
        for attempt in range(1, TRIES + 1):
            try:
                batch.write(raw)
            except AnalysisException:
                # a plan that cannot be made is no message's fault
                raise
            except Exception as cause:
                if blames_storage(cause):
                    raise
                log.warning("%s: try %d of %d failed: %s", self.domain, attempt, TRIES, root_line(cause))
                failure = cause
            else:
                return None
        return failure

    def _new_plan(self, batch_id: int) -> kept.Plan:
        """What is in force now, kept for every later try of this batch."""
        pack = self._pack(batch_id)
        if not kept.has_pack(self.spark, self.checkpoint, kept.name_of(pack)):
            create_scored(self.spark, self.domain, pack)
            kept.keep_pack(self.spark, self.checkpoint, pack)
        references = {name: self._list_version(name) for name in pack.lists}
        plan = kept.Plan(kept.name_of(pack), references, self.max_ages)
        kept.keep_plan(self.spark, self.checkpoint, batch_id, plan)
        return plan

    def _pack(self, batch_id: int) -> Pack:
        """The pack as it is now; while there is a mistake in it, that of the batch before."""
        try:
            return load_pack(self.domain)
        except (PackError, OSError) as mistake:
            before = kept.kept_plan(self.spark, self.checkpoint, batch_id - 1)
            if before is None:
                raise
            log.error("%s: batch %d goes by the pack of the one before: %s", self.domain, batch_id, mistake)
            return kept.kept_pack(self.spark, self.checkpoint, before.pack)

    def _list_version(self, name: str) -> int:
        version = table_version(self.spark, settings().table("reference", name))
        assert version is not None, f"reference/{name} is made with the pack's first batch"
        return version

    def table(self, zone: str) -> str:
        """'scored' -> where this domain's table of that zone is."""
        return settings().table(zone, self.domain)


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch and what it is judged with.

    is_made_again: another run has begun it, perhaps of another Weir.
    """

    scorer: Scorer
    batch_id: int
    plan: kept.Plan
    pack: Pack
    is_made_again: bool
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def number(self) -> int:
        """The batch's number in the tables: unlike Spark's it goes on from one epoch to the next."""
        return self.scorer.settled.batches + self.batch_id

    def write(self, raw: DataFrame) -> None:
        """Quarantine before scored: a crash between them leaves what a retry finds as it was."""
        with ExitStack() as cached:
            held, poison = self._held(), self.poison()
            judged_rows = cached.enter_context(persisted(self._judged(self._without_poison(raw, poison))))
            extent = extent_of(judged_rows)
            earlier = self._earlier(held, judged_rows, extent)
            if extent.in_one_task:
                # this takes longest; duplicates are found, and the rest is planned, meanwhile
                earlier = cached.enter_context(fetched(earlier))
            rows = judged_rows.transform(gathered(extent))
            rows = self._deduplicated(held, rows, extent)
            if poison or self.is_made_again:
                # what an earlier try has refused stays so: a duplicate of poison, or what another code judged
                rows = rows.transform(quarantine.with_reasons_of(self._refused()))
            rows = cached.enter_context(persisted(rows))
            tally = tally_of(rows)
            if tally.quarantined:
                refused = rows.transform(quarantine.quarantined(self.number))
                is_first = self._append(refused, "quarantine", extent, quarantine.PARTITION_BY)
                if self.is_made_again and not is_first:
                    self._refuse_more(refused)
            self._append(self._scored(held, rows, earlier, extent), "scored", extent, scored.PARTITION_BY)
            self._report(tally)

    def scores_of(self, raw: DataFrame) -> DataFrame:
        """Raw rows -> what would be appended to scored; nothing is written."""
        held, judged_rows = self._held(), self._judged(raw)
        extent = extent_of(judged_rows)
        earlier = self._earlier(held, judged_rows, extent)
        return self._scored(held, self._deduplicated(held, judged_rows, extent), earlier, extent)

    def _report(self, tally: Tally) -> None:
        found = batch_report(tally, self.scorer.domain, self.number, self.began)
        if self.scorer.report and found:
            self.scorer.report(found)

    def _append(self, rows: DataFrame, zone: str, extent: Extent, partition_by: str) -> bool:
        spread_by = None if extent.in_one_task and len(extent.days) <= DAYS_OF_ONE_TASK else partition_by
        return append_once(rows, self.scorer.table(zone), self.scorer.query, self.batch_id, spread_by)

    def _refuse_more(self, refused: DataFrame) -> None:
        """What the earlier try took and this one does not, since Weir has become another, in a commit of its own."""
        more = refused.transform(quarantine.not_in(self._refused()))
        which = F.bit_xor(F.xxhash64(*ROW_ID)).alias("which")
        (found,) = more.agg(F.count("*").alias("rows"), which).collect()
        if found["rows"]:
            scorer = self.scorer
            # a third Weir may refuse others, which is another commit
            query = f"again/{kept.digest(str(found['which']))}/{scorer.query}"
            append_once(more, scorer.table("quarantine"), query, self.batch_id)

    def _without_poison(self, raw: DataFrame, poison: Sequence[int]) -> DataFrame:
        """Quarantine the messages that kill this batch, in a commit of their own, and go on with the others."""
        if not poison:
            return raw
        scorer = self.scorer
        killers = raw.where(F.col("seq").isin(*poison)).transform(quarantine.as_poison(self.number))
        killers = scorer.settled.without_settled_parts(killers).transform(quarantine.not_in(self._refused()))
        # a later search may find more, or others, which is another commit
        query = f"poison/{kept.digest(json.dumps(sorted(poison)))}/{scorer.query}"
        append_once(killers, scorer.table("quarantine"), query, self.batch_id)
        return raw.where(~F.col("seq").isin(*poison))

    def poison(self) -> Sequence[int]:
        """The `seq` of each message that was found to kill this batch, in whatever try."""
        return kept.kept_poison(self.scorer.spark, self.scorer.checkpoint, self.batch_id)

    def _judged(self, raw: DataFrame) -> DataFrame:
        mappings = kept_mappings(self.scorer.spark, self.scorer.table("mapping"))
        judged_rows = raw.transform(judged(self.pack.contract, mappings, self.plan.spans()))
        return self.scorer.settled.without_settled_parts(judged_rows)

    def _held(self) -> DataFrame:
        return read_table(self.scorer.spark, self.scorer.table("scored"))

    def _earlier(self, held: DataFrame, judged_rows: DataFrame, extent: Extent) -> DataFrame:
        events = judged_rows.transform(filter_valid)
        return events.transform(earlier_rows(self.pack.features, held, extent))

    def _deduplicated(self, held: DataFrame, judged_rows: DataFrame, extent: Extent) -> DataFrame:
        return judged_rows.transform(quarantine.with_duplicate_reason(held, extent.days))

    def _refused(self) -> DataFrame:
        """What earlier tries of this batch have quarantined."""
        held = read_table(self.scorer.spark, self.scorer.table("quarantine"))
        return held.where(F.col("batch_id") == self.number)

    def _scored(self, held: DataFrame, rows: DataFrame, earlier: DataFrame, extent: Extent) -> DataFrame:
        with_scores = scored.with_scores(self.pack, earlier, self._references(), self.number, extent)
        return rows.transform(filter_valid).transform(with_scores).transform(to_types_of(held))

    def _references(self) -> Mapping[str, DataFrame]:
        spark, places = self.scorer.spark, settings()
        return {
            name: read_table(spark, places.table("reference", name), version)
            for name, version in self.plan.references.items()
        }


def create_scored(spark: SparkSession, domain: str, pack: Pack) -> None:
    """Make scored/<domain>, with a column for each that the pack has, and the lists that it looks in."""
    places = settings()
    create_table(spark, places.table("scored", domain), scored_columns(pack), scored.PARTITION_BY)
    for name in pack.lists:
        create_table(spark, places.table("reference", name), REFERENCE)
