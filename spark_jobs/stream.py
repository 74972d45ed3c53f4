"""A domain's two streaming queries, run together: messages -> raw, and raw -> quarantine and scored."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from spark_jobs import kept, quarantine
from spark_jobs.batch_report import Report
from spark_jobs.checkpoint import require_whole
from spark_jobs.epoch import resume
from spark_jobs.intake import Intake
from spark_jobs.lake import create_table, rows_appended, stream_table, table_version
from spark_jobs.landing import Landed, drain_raw, start_raw
from spark_jobs.raw import create_raw
from spark_jobs.scorer import Scorer, create_scored
from spark_jobs.service import Service
from spark_jobs.settled import keep_settled, kept_settled
from spark_jobs.sources.source import RecordSource
from spark_jobs.upkeep import Upkeep, with_upkeep
from spark_jobs.writing import writing
from weir.pack import load_pack
from weir.settings import settings
from weir.tables import LABELS, QUARANTINE

EVERY = "2 seconds"


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did: messages landed, parts settled."""

    domain: str
    landed: Landed
    scored: int
    quarantined: int


def create_tables(spark: SparkSession, domain: str) -> None:
    """Every table exists before a stream starts, with a column for each that the pack has."""
    pack, places = load_pack(domain), settings()
    create_raw(spark, domain)
    create_table(spark, places.table("quarantine", domain), QUARANTINE, quarantine.PARTITION_BY)
    create_table(spark, places.table("labels", domain), LABELS)
    create_scored(spark, domain, pack)


def drain(spark: SparkSession, domain: str, wanted: Intake) -> Drained:
    """Land what a source holds now, then score what has landed, and end.

    Raises LeaseHeld, OrphanedTable, BrokenCheckpoint, PackError; LeftOut at the very end, when all other files
    are scored.
    """
    with writing(domain, "weir stream --once"):
        create_tables(spark, domain)
        versions = {
            zone: table_version(spark, settings().table(zone, domain)) for zone in ("scored", "quarantine")
        }
        landed = _landed(spark, domain, wanted)
        start_scored(spark, domain, wanted, once=True).awaitTermination()
        settled = {
            zone: rows_appended(spark, settings().table(zone, domain), version or 0)
            for zone, version in versions.items()
        }
        Upkeep(spark, domain, settings().checkpoint(f"scored/{domain}")).at_end()
    landed.require_complete()
    return Drained(domain, landed, settled["scored"], settled["quarantine"])


def serve(spark: SparkSession, domain: str, wanted: Intake, report: Report | None = None) -> Service:
    """Start both queries of a domain, to go on until they are stopped. The caller holds the domain's lease."""
    create_tables(spark, domain)
    scoring = start_scored(spark, domain, wanted, once=False, report=report)
    if wanted.source is None:
        return Service(scoring)
    return Service(
        scoring,
        start_raw(
            spark,
            domain,
            wanted.source,
            wanted.format,
            wanted.mapping,
            every=EVERY,
            new_epoch=wanted.new_epoch,
            report=report,
        ),
    )


def start_scored(
    spark: SparkSession, domain: str, wanted: Intake, once: bool, report: Report | None = None
) -> StreamingQuery:
    """raw/<domain> -> quarantine and scored; `once` ends when what has landed is scored.

    Raises OrphanedTable, BrokenCheckpoint.
    """
    places, name = settings(), f"scored/{domain}"
    checkpoint = places.checkpoint(name)
    tables = [places.table("scored", domain), places.table("quarantine", domain)]
    require_whole(spark, checkpoint)
    kept.require_plan(spark, checkpoint)
    if wanted.new_epoch:
        keep_settled(spark, domain, checkpoint)
    query = resume(spark, name, checkpoint, tables, wanted.new_epoch)
    settled = kept_settled(spark, checkpoint)
    if isinstance(wanted.source, RecordSource):
        max_age = wanted.max_age or wanted.source.max_age
        kept.keep_max_age(spark, checkpoint, wanted.source.kind, max_age)
    max_ages = kept.kept_max_ages(spark, checkpoint)
    scorer = Scorer(spark, domain, checkpoint, query, settled, max_ages, report)
    rows = stream_table(spark, places.table("raw", domain), wanted.batch_bytes, settled.version)
    run = with_upkeep(scorer, Upkeep(spark, domain, checkpoint))
    writer = rows.writeStream.foreachBatch(run).queryName(name).option("checkpointLocation", checkpoint)
    return (writer.trigger(availableNow=True) if once else writer.trigger(processingTime=EVERY)).start()


def _landed(spark: SparkSession, domain: str, wanted: Intake) -> Landed:
    if wanted.source is None:
        return Landed(0, 0)
    return drain_raw(spark, domain, wanted.source, wanted.format, wanted.mapping, wanted.new_epoch)
