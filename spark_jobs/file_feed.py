"""A folder of files, opened for landing: a stream of paths, whose files the batch reads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.append import append_once, has_appended
from spark_jobs.feed import Feed, Run
from spark_jobs.lake import read_table
from spark_jobs.mapping import keep_mapping, kept_mappings
from spark_jobs.raw import next_seq, with_receipt
from spark_jobs.sources.files import Batch, plan_batch, read_batch, without_broken
from spark_jobs.sources.manifest import (
    Admitted,
    Found,
    Manifest,
    Reading,
    digest_of,
    has_changed,
    left_out,
    list_files,
    stat_of,
)
from spark_jobs.sources.parquet_rows import ParquetFile
from spark_jobs.sources.paths import Paths
from spark_jobs.sources.source import FilesSource
from spark_jobs.sources.store import Store
from weir.located import PackError
from weir.mapping import with_schema
from weir.settings import settings

log = logging.getLogger("weir.files")


@dataclass(slots=True)
class FileLanding:
    """The `foreachBatch` of raw/<domain> from files: the paths of a batch -> its messages, appended once.

    landed: how many files' messages this object appended.
    """

    run: Run
    manifest: str
    landed: int = 0

    def __call__(self, paths: DataFrame, batch_id: int) -> None:
        run = self.run
        if has_appended(run.spark, run.raw, run.query, batch_id):
            return
        admitted = [Admitted(**row.asDict()) for row in paths.orderBy("ordinal").collect()]
        # what was admitted before is not asked for, and grows with every batch
        entries = list(_unchanged(admitted, Manifest(Store.at(self.manifest))))
        batch = plan_batch(entries, next_seq(run.spark, run.raw))
        try:
            self._append(batch, batch_id)
        except Exception:  # a task's failure comes as one of several kinds
            readable = without_broken(run.spark, batch)
            if readable == batch:
                raise
            self._append(readable, batch_id)
        self.landed += len(entries)

    def _append(self, batch: Batch, batch_id: int) -> None:
        run = self.run
        rows = read_batch(run.spark, batch, self._mapping_of)
        append_once(rows.transform(with_receipt(datetime.now(UTC), batch_id)), run.raw, run.query, batch_id)

    def _mapping_of(self, file: ParquetFile, schema: str) -> str | None:
        if file.entry.mapping is None:
            return None
        mappings = settings().table("mapping", self.run.domain)
        mapping = kept_mappings(self.run.spark, mappings)[file.entry.mapping]
        try:
            return keep_mapping(self.run.spark, mappings, with_schema(mapping, schema, file.schema.names))
        except PackError:
            # one odd file must not stop the others: its rows are judged by the mapping as it is, and refused
            return file.entry.mapping


def open_files(source: FilesSource, run: Run) -> Feed:
    """A folder -> its feed. Raises BrokenManifest."""
    folder, manifest = str(folder_of(source)), _manifest(run.checkpoint)
    # or the reader would meet it, in a process of its own from which only a traceback comes
    Manifest.load(manifest)
    landing = FileLanding(run, manifest)
    seen = set[Found]()
    reading = Reading(folder, run.format, run.mapping, source.max_files, source.max_bytes)
    return Feed(
        _paths(run.spark, reading, manifest),
        landing,
        lambda: landing.landed,
        left_out=lambda: left_out(Manifest.load(manifest), folder, seen),
    )


def folder_of(source: FilesSource) -> Path:
    """The folder's absolute path; NotADirectoryError when there is none."""
    folder = source.folder.resolve()
    if not folder.is_dir():
        raise NotADirectoryError(f"{source.folder}: is not a folder; name the folder that holds the files")
    return folder


def new_files(source: FilesSource, checkpoint: str) -> Iterator[Path]:
    """The files of a folder that were not admitted yet, in path order."""
    folder = folder_of(source)
    known = Manifest.load(_manifest(checkpoint)).known(str(folder))
    return (folder / file.path for file in list_files(str(folder)) if file.path not in known)


def hold_landed(spark: SparkSession, raw: str, checkpoint: str) -> None:
    """Write the files that `raw` holds into a manifest that knows none, so that they do not land again."""
    known = Manifest.load(_manifest(checkpoint))
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


def _unchanged(entries: list[Admitted], manifest: Manifest) -> Iterator[Admitted]:
    """The files that are still as they were admitted; the others' admissions are taken back.

    One that cannot be seen is admitted anew when it is back: it may be its mount that is away.
    """
    void = manifest.void()
    for entry in entries:
        now = stat_of(entry)
        if entry.ordinal in void:
            continue
        if now and not has_changed(entry, now):
            yield entry
            continue
        manifest.make_void(entry.ordinal)
        if now is None:
            log.warning("%s: went away before it landed; it lands when it is back", entry.file)


def _manifest(checkpoint: str) -> str:
    return f"{checkpoint}/manifest"


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
