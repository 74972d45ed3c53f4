"""The first streaming query of a domain: a source's messages -> raw/<domain>."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from spark_jobs.batch_report import Report, reported
from spark_jobs.checkpoint import require_whole
from spark_jobs.epoch import resume
from spark_jobs.feed import Feed, Run
from spark_jobs.file_feed import folder_of, hold_landed, new_files, open_files
from spark_jobs.lake import rows_appended, table_version
from spark_jobs.mapping import keep_mapping, require_readable
from spark_jobs.raw import create_raw
from spark_jobs.record_feed import begin_behind, open_records
from spark_jobs.sources.fit import require_fit
from spark_jobs.sources.source import FilesSource, Source
from weir.error import WeirError
from weir.mapping import ColumnMapping
from weir.settings import settings


class LeftOut(WeirError):
    """Files whose bytes changed after they were admitted, so that `raw` does not hold what they hold now."""


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
    run: Run
    feed: Feed
    since: int

    def landed(self) -> Landed:
        """What has landed so far; files are looked through for changes, so ask at the end."""
        messages = rows_appended(self.run.spark, self.run.raw, self.since)
        return Landed(self.feed.files(), messages, tuple(self.left_out()))

    def left_out(self) -> list[str]:
        """A line for each file that is there and, as it is now, will not be landed."""
        return self.feed.left_out()

    def await_end(self) -> None:
        """Wait until the query has ended. Raises what ended it; see explain_failure."""
        try:
            self.query.awaitTermination()
        except StreamingQueryException:
            self.explain_failure()
            raise

    def explain_failure(self) -> None:
        """Raise MessagesGone when the query failed because the source lost messages; else return."""
        if self.query.exception() is not None:
            self.feed.require_kept()


def drain_raw(
    spark: SparkSession,
    domain: str,
    source: Source,
    format: str = "json",
    mapping: ColumnMapping | None = None,
    new_epoch: bool = False,
) -> Landed:
    """Land what a source holds now. Errors as start_raw's; files left out are the caller's to raise."""
    stream = start_raw(spark, domain, source, format, mapping, new_epoch=new_epoch)
    stream.await_end()
    return stream.landed()


def start_raw(
    spark: SparkSession,
    domain: str,
    source: Source,
    format: str = "json",
    mapping: ColumnMapping | None = None,
    every: str | None = None,
    new_epoch: bool = False,
    report: Report | None = None,
) -> RawStream:
    """Start landing a source; without `every` ('1 second') it ends when what is there now has landed.

    report: called with what each batch brought. The caller holds the domain's lease. Raises OrphanedTable,
    BrokenCheckpoint, NotADirectoryError, MessagesGone, OtherPlace; and before anything has landed UnreadableMapping,
    or of files MappingMismatch.
    """
    if isinstance(source, FilesSource):
        folder_of(source)
    raw, name = settings().table("raw", domain), f"raw/{domain}/{source.kind}"
    checkpoint = settings().checkpoint(name)
    require_whole(spark, checkpoint)
    create_raw(spark, domain)
    if new_epoch:
        _begin_behind(spark, source, raw, checkpoint)
    query = resume(spark, name, checkpoint, [raw], new_epoch)
    if mapping and isinstance(source, FilesSource):
        require_fit(mapping, new_files(source, checkpoint), format)
    if mapping and format != "parquet":
        # of Parquet, each file has types of its own
        require_readable(spark, mapping)
    kept = keep_mapping(spark, settings().table("mapping", domain), mapping) if mapping else None
    run = Run(spark, domain, query, checkpoint, format, kept)
    feed = open_files(source, run) if isinstance(source, FilesSource) else open_records(source, run)
    since = table_version(spark, raw) or 0
    land = reported(feed.land, run, _name_of(source), report) if report else feed.land
    writer = feed.rows.writeStream.foreachBatch(land).option("checkpointLocation", checkpoint)
    trigger = writer.trigger(processingTime=every) if every else writer.trigger(availableNow=True)
    return RawStream(trigger.queryName(name).start(), run, feed, since)


def _name_of(source: Source) -> str:
    return f"files:{folder_of(source)}" if isinstance(source, FilesSource) else source.name


def _begin_behind(spark: SparkSession, source: Source, raw: str, checkpoint: str) -> None:
    """A new epoch lands only what `raw` does not hold."""
    if isinstance(source, FilesSource):
        hold_landed(spark, raw, checkpoint)
    else:
        begin_behind(spark, raw, checkpoint, source)
