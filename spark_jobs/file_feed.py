"""A folder of files, opened for landing: a stream of paths, whose files the batch reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.feed import Feed, Run
from spark_jobs.lake import read_table
from spark_jobs.raw import Landing
from spark_jobs.sources.manifest import (
    Admitted,
    Found,
    Manifest,
    Reading,
    digest_of,
    left_out,
    list_files,
    stat_of,
)
from spark_jobs.sources.paths import Paths
from spark_jobs.sources.source import FilesSource


def open_files(source: FilesSource, run: Run) -> Feed:
    """A folder -> its feed. Raises BrokenManifest."""
    folder, manifest = str(folder_of(source)), _manifest(run.checkpoint)
    # or the reader would meet it, in a process of its own from which only a traceback comes
    Manifest.load(manifest)
    landing = Landing(run.spark, run.domain, run.query, manifest)
    seen = set[Found]()
    reading = Reading(folder, run.format, run.mapping, source.max_files, source.max_bytes)
    return Feed(
        _paths(run.spark, reading, manifest),
        landing,
        landing.landed,
        left_out=lambda: left_out(Manifest.load(manifest), folder, seen),
    )


def folder_of(source: FilesSource) -> Path:
    """The folder's absolute path; NotADirectoryError when there is none."""
    folder = source.folder.resolve()
    if not folder.is_dir():
        raise NotADirectoryError(f"{source.folder}: is no folder; name the folder that holds the files")
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
