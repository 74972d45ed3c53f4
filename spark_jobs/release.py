"""Quarantined messages, tried again -> those that are valid now go back into raw/<domain> as copies, once.

A copy names its original by `source` (weir/release.py), partition and position: that key is what makes a message
be released only once, however often, and after whatever crash, a release is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.append import append_once, last_batch
from spark_jobs.extent import extent_of
from spark_jobs.judged import judged
from spark_jobs.lake import read_table, table_version
from spark_jobs.mapping import keep_mapping, kept_mappings
from spark_jobs.persisted import persisted
from spark_jobs.quarantine import with_duplicate_reason
from spark_jobs.raw import next_seq
from spark_jobs.repair import Repair, mappings_of, with_repair
from spark_jobs.stream import create_tables
from spark_jobs.writing import writing
from weir.error import WeirError
from weir.mapping import ColumnMapping
from weir.pack import load_pack
from weir.reason import DUPLICATE
from weir.release import COPY, IS_COPY, ORIGINAL
from weir.settings import settings
from weir.tables import RAW, RAW_KEY

HOLDER = "weir quarantine --release"
VALID = "valid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The open message parts of one reason: how many were tried, are valid now, are refused and for what."""

    reason: str
    tried: int
    valid: int
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """copies: rows of raw, repaired, with `was`, the reason of the original. verdicts: RAW_KEY, `verdict`."""

    copies: DataFrame
    verdicts: DataFrame
    mappings: dict[str, ColumnMapping]

    def outcomes(self) -> list[Outcome]:
        """What became of each reason, the commonest first."""
        tried = self.copies.join(self.verdicts, [*RAW_KEY], "left").select(
            "was", F.coalesce("kept_back", "verdict").alias("verdict")
        )
        found: dict[str, dict[str, int]] = {}
        for row in tried.groupBy("was", "verdict").count().orderBy(F.desc("count"), "verdict").collect():
            found.setdefault(row["was"], {})[row["verdict"]] = row["count"]
        outcomes = [_outcome(reason, verdicts) for reason, verdicts in found.items()]
        return sorted(outcomes, key=lambda outcome: (-outcome.tried, outcome.reason))

    def valid(self) -> DataFrame:
        """The copies that are events now."""
        return self.copies.join(self.verdicts.where(F.col("verdict") == VALID), [*RAW_KEY], "left_semi")


def try_repair(spark: SparkSession, domain: str, repair: Repair, reason: str | None = None) -> list[Outcome]:
    """Judge repaired copies of the open messages with today's pack; nothing is written.

    reason: only those refused for it; without it all but duplicates, which were counted once already.
    """
    with _tried(spark, domain, repair, reason) as trial:
        return trial.outcomes()


def release(spark: SparkSession, domain: str, repair: Repair, reason: str | None = None) -> list[Outcome]:
    """As try_repair, and the copies that are valid go into raw/<domain>, to be scored by the next batch.

    Raises LeaseHeld while a stream writes this domain.
    """
    with writing(domain, HOLDER):
        create_tables(spark, domain)
        with _tried(spark, domain, repair, reason) as trial:
            outcomes = trial.outcomes()
            if any(outcome.valid for outcome in outcomes):
                _append(spark, domain, trial)
            return outcomes


def open_messages(quarantine: DataFrame, raw: DataFrame, reason: str | None = None) -> DataFrame:
    """Rows of quarantine and raw -> the raw rows of messages that were refused and not released, with `was`."""
    chosen = F.col("reason") == reason if reason else F.col("reason") != DUPLICATE
    refused = quarantine.where(chosen).join(originals(raw), [*RAW_KEY], "left_anti")
    # the day is a partition of both tables: only those days of raw are read
    messages = refused.groupBy(*RAW_KEY, "received_date").agg(F.min_by("reason", "part").alias("was"))
    return raw.join(messages, [*RAW_KEY, "received_date"])


def originals(raw: DataFrame) -> DataFrame:
    """Rows of raw -> the raw keys of the messages that have been released."""
    copies = raw.where(IS_COPY)
    return copies.withColumn("source", F.expr(ORIGINAL)).select(*RAW_KEY)


@contextmanager
def _tried(spark: SparkSession, domain: str, repair: Repair, reason: str | None) -> Iterator[Trial]:
    tables = {zone: _read(spark, zone, domain) for zone in ("raw", "quarantine", "scored")}
    kept = kept_mappings(spark, settings().table("mapping", domain))
    mappings = {mapping.hash: mapping for mapping in mappings_of(repair, kept).values()}
    messages = open_messages(tables["quarantine"], tables["raw"], reason)
    with ExitStack() as cached:
        repaired = messages.transform(with_repair(repair, kept)).transform(_as_copies)
        copies = cached.enter_context(persisted(repaired))
        tried = copies.where(F.col("kept_back").isNull())
        rows = cached.enter_context(
            persisted(tried.transform(judged(load_pack(domain).contract, kept | mappings)))
        )
        days = extent_of(rows).days
        verdicts = rows.transform(with_duplicate_reason(tables["scored"], days)).groupBy(*RAW_KEY)
        # a message whose parts differ goes back whole: the parts that were valid before are duplicates then
        verdict = F.min_by(
            F.coalesce("reason", F.lit(VALID)), F.struct(F.col("reason").isNotNull(), F.col("part"))
        )
        yield Trial(copies, cached.enter_context(persisted(verdicts.agg(verdict.alias("verdict")))), mappings)


def _read(spark: SparkSession, zone: str, domain: str) -> DataFrame:
    path = settings().table(zone, domain)
    if table_version(spark, path) is None:
        raise WeirError(f"{domain} has no table {path}: run `weir stream {domain}` first")
    return read_table(spark, path)


def _as_copies(messages: DataFrame) -> DataFrame:
    """Raw rows -> the messages as they would be received now; `seq` is still the original's, which orders them."""
    now = datetime.now(UTC)
    receipt = {"received_at": F.lit(now), "received_date": F.lit(now.date())}
    return messages.withColumns({"source": F.expr(COPY), **receipt})


def _append(spark: SparkSession, domain: str, trial: Trial) -> None:
    raw, query = settings().table("raw", domain), f"release/{domain}:0"
    done = last_batch(spark, raw, query)
    batch_id = 0 if done is None else done + 1
    valid = trial.valid()
    for row in valid.where(F.col("mapping").isNotNull()).select("mapping").distinct().collect():
        keep_mapping(spark, settings().table("mapping", domain), trial.mappings[row["mapping"]])
    # one task: a release is small beside a stream, and its rows must lie in the order of their seq
    ordered = valid.coalesce(1).sortWithinPartitions("seq")
    seq = F.lit(next_seq(spark, raw)) + F.monotonically_increasing_id()
    numbered = ordered.withColumn("seq", seq).withColumn("batch_id", F.lit(batch_id).cast("bigint"))
    append_once(numbered.select(*RAW), raw, query, batch_id)


def _outcome(reason: str, verdicts: dict[str, int]) -> Outcome:
    refused = {verdict: count for verdict, count in verdicts.items() if verdict != VALID}
    return Outcome(reason, sum(verdicts.values()), verdicts.get(VALID, 0), refused)
