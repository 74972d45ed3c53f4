"""The first streaming query of a domain: a source's messages -> raw/<domain>."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from spark_jobs.epoch import resume
from spark_jobs.lake import read_table, rows_appended, table_version
from spark_jobs.mapping import keep_mapping
from spark_jobs.raw import Landing, create_raw
from spark_jobs.sources.manifest import Admitted, Manifest, Reading, digest_of, left_out, stat_of
from spark_jobs.sources.paths import Paths
from weir.error import WeirError
from weir.mapping import ColumnMapping
from weir.settings import settings


class LeftOut(WeirError):
    """Files whose bytes changed after they were admitted, so that `raw` does not hold what they hold now."""


@dataclass(frozen=True, slots=True)
class FilesSource:
    """A folder of files, at any depth, and how much of it one batch may take."""

    folder: Path
    max_files: int = 1000
    max_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Landed:
    """What one drain of a source brought: files and messages, and a line for each file it left out."""

    files: int
    messages: int
    left_out: tuple[str, ...] = ()

    def require_complete(self) -> None:
        """Raise LeftOut when a file was left out; for the end of a run, when the others are scored."""
        if self.left_out:
            raise LeftOut("\n".join(self.left_out))


@dataclass(frozen=True, slots=True)
class RawStream:
    """A running query and what it has done since it was started."""

    query: StreamingQuery
    landing: Landing
    source: FilesSource
    since: int

    def landed(self) -> Landed:
        """What has landed so far; files are looked through for changes, so ask at the end."""
        raw = settings().table("raw", self.landing.domain)
        lost = left_out(Manifest.load(self.landing.manifest), str(self.source.folder))
        messages = rows_appended(self.landing.spark, raw, self.since)
        return Landed(len(self.landing.landed), messages, tuple(lost))


def drain_raw(
    spark: SparkSession,
    domain: str,
    source: FilesSource,
    format: str = "json",
    mapping: ColumnMapping | None = None,
    new_epoch: bool = False,
) -> Landed:
    """Land what a folder holds now. Errors as start_raw's; files left out are the caller's to raise."""
    stream = start_raw(spark, domain, source, format, mapping, new_epoch=new_epoch)
    stream.query.awaitTermination()
    return stream.landed()


def start_raw(
    spark: SparkSession,
    domain: str,
    source: FilesSource,
    format: str = "json",
    mapping: ColumnMapping | None = None,
    every: str | None = None,
    new_epoch: bool = False,
) -> RawStream:
    """Start landing a folder's files; without `every` ('1 second') it ends when those there now have landed.

    The caller holds the domain's lease. Raises OrphanedTable, NotADirectoryError.
    """
    folder = source.folder.resolve()
    if not folder.is_dir():
        raise NotADirectoryError(f"{source.folder}: is no folder; name the folder that holds the files")
    create_raw(spark, domain)
    raw, name = settings().table("raw", domain), f"raw/{domain}/files"
    checkpoint = settings().checkpoint(name)
    manifest = f"{checkpoint}/manifest"
    if new_epoch:
        hold_landed(spark, raw, manifest)
    landing = Landing(spark, domain, resume(spark, name, checkpoint, [raw], new_epoch), manifest)
    kept = keep_mapping(spark, settings().table("mapping", domain), mapping) if mapping else None
    since = table_version(spark, raw) or 0
    paths = _paths(spark, Reading(str(folder), format, kept, source.max_files, source.max_bytes), manifest)
    writer = paths.writeStream.foreachBatch(landing).option("checkpointLocation", checkpoint).queryName(name)
    trigger = writer.trigger(processingTime=every) if every else writer.trigger(availableNow=True)
    return RawStream(trigger.start(), landing, replace(source, folder=folder), since)


def _paths(spark: SparkSession, reading: Reading, manifest: str) -> DataFrame:
    spark.dataSource.register(Paths)
    options = {
        "folder": reading.folder,
        "format": reading.format,
        "maxFiles": str(reading.max_files),
        "maxBytes": str(reading.max_bytes),
        "manifest": manifest,
    }
    if reading.mapping:
        options["mapping"] = reading.mapping
    return spark.readStream.format(Paths.name()).options(**options).load()


def hold_landed(spark: SparkSession, raw: str, manifest: str) -> None:
    """Write the files that `raw` holds into a manifest that knows none, so that they do not land again."""
    known = Manifest.load(manifest)
    if known.admitted:
        return
    messages = read_table(spark, raw).where(F.col("source").startswith("files:"))
    files = messages.select("source", "partition").distinct().collect()
    known.hold(_held(row["source"].removeprefix("files:"), row["partition"]) for row in files)


def _held(folder: str, path: str) -> Admitted:
    gone = Admitted(0, folder, path, -1, 0, "", "", None)
    now = stat_of(gone)
    if now is None:
        return gone
    return replace(gone, size=now.size, changed_at=now.changed_at, digest=digest_of(gone.file))
