"""A domain's two streaming queries, run together: messages -> raw, and raw -> quarantine and scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from spark_jobs import kept, quarantine
from spark_jobs.batch_report import Report
from spark_jobs.checkpoint import require_whole
from spark_jobs.epoch import resume
from spark_jobs.lake import create_table, rows_appended, stream_table, table_version
from spark_jobs.landing import Landed, drain_raw, start_raw
from spark_jobs.raw import create_raw
from spark_jobs.scorer import Scorer, create_scored
from spark_jobs.service import Service
from spark_jobs.settled import keep_settled, kept_settled
from spark_jobs.sources.kinds import parse_source
from spark_jobs.sources.source import RecordSource, Source
from spark_jobs.upkeep import Upkeep, with_upkeep
from spark_jobs.writing import writing
from weir.duration import EXAMPLES, LONGEST, parse_duration
from weir.error import WeirError
from weir.mapping import FORMATS, ColumnMapping, load_mapping
from weir.pack import load_pack
from weir.settings import settings
from weir.tables import LABELS, QUARANTINE

# a batch is sorted and cached whole: about this much of raw's files fits a laptop's memory
BATCH_BYTES = "256m"
EVERY = "2 seconds"


@dataclass(frozen=True, slots=True)
class Intake:
    """Where a domain's messages come from and how they are read; no source is what `raw` holds already.

    max_age: how late events of a live source may arrive; none is what its kind says.
    """

    source: Source | None = None
    format: str = "json"
    mapping: ColumnMapping | None = None
    batch_bytes: str = BATCH_BYTES
    new_epoch: bool = False
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did: messages landed, parts settled."""

    domain: str
    landed: Landed
    scored: int
    quarantined: int


def intake(
    domain: str,
    source: str | None,
    form: str | None,
    mapping: Path | None,
    new_epoch: bool = False,
    max_age: str | None = None,
) -> Intake:
    """The words of the command line -> Intake. A format that is no file format is a mapping the pack ships."""
    contract = load_pack(domain).contract
    shipped = settings().domains / domain / "mappings" / f"{form}.yml"
    chosen = mapping or (shipped if shipped.exists() else None)
    if chosen is None and form not in (None, *FORMATS):
        known = sorted(path.stem for path in shipped.parent.glob("*.yml"))
        raise WeirError(
            f"--format {form}: write {', '.join(FORMATS)}{''.join(f' or {name}' for name in known)}"
        )
    loaded = load_mapping(chosen.read_text(), str(chosen), contract) if chosen else None
    written = loaded.format if loaded else None
    if written and form in FORMATS and form != written:
        raise WeirError(f"--format {form}: {chosen} says that it is for {written}; leave --format out")
    file_format = form if form in FORMATS else written or "json"
    place = parse_source(source)
    if isinstance(place, RecordSource) and file_format != "json":
        raise WeirError(
            f"{file_format} is a format of files, and each message of {source} is one JSON object, which a mapping may "
            "read: leave --format out, and `format` out of the mapping"
        )
    return Intake(place, file_format, loaded, new_epoch=new_epoch, max_age=_parsed(max_age, place))


def _parsed(max_age: str | None, source: Source | None) -> timedelta | None:
    if max_age is None:
        return None
    if not isinstance(source, RecordSource):
        raise WeirError(
            f"--max-age {max_age}: is for a live source (--from kafka:TOPIC, ...); files have none"
        )
    span = parse_duration(max_age)
    if span is None:
        raise WeirError(f"--max-age {max_age}: write for example {EXAMPLES}, at most {LONGEST.days}d")
    return span


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
