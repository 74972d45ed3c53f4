"""A stream of the paths of new files (Spark's Python data source API); the batch then reads the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import (
    ReadAllAvailable,
    ReadLimit,
    ReadMaxFiles,
    SupportsTriggerAvailableNow,
)
from pyspark.sql.types import StructType

from spark_jobs.sources.manifest import Admitted, Found, Manifest, Reading, list_files

SCHEMA = (
    "ordinal bigint, folder string, path string, size bigint, changed_at bigint, "
    "digest string, format string, mapping string"
)


class Paths(DataSource):
    """`weir_files`: a row is one admitted file.

    Options: folder, manifest, format, mapping (optional), maxFiles, maxBytes.
    """

    @classmethod
    def name(cls) -> str:
        return "weir_files"

    def schema(self) -> str:
        return SCHEMA

    def streamReader(self, schema: StructType) -> PathsReader:
        reading = Reading(
            self.options["folder"],
            self.options["format"],
            self.options.get("mapping"),
            int(self.options["maxFiles"]),
            int(self.options["maxBytes"]),
        )
        return PathsReader(reading, self.options["manifest"])


class Entries(InputPartition):
    """The files of one batch."""

    def __init__(self, entries: list[Admitted]) -> None:
        super().__init__(len(entries))
        self.entries = entries


class PathsReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """An offset is how many files the manifest holds, so a batch is what one look at the folder admitted."""

    def __init__(self, reading: Reading, manifest: str) -> None:
        self.reading = reading
        self.manifest = Manifest.load(manifest)
        self.frozen: list[Found] | None = None

    def initialOffset(self) -> dict:
        return {"files": self.manifest.first}

    def getDefaultReadLimit(self) -> ReadLimit:
        return ReadMaxFiles(self.reading.max_files)

    def prepareForTriggerAvailableNow(self) -> None:
        self.frozen = list_files(self.reading.folder)

    def latestOffset(self, start: dict, limit: ReadLimit) -> dict:
        if len(self.manifest.admitted) < start["files"]:
            raise ValueError(f"{self.manifest.store.folder}: lacks files the checkpoint knows; put it back")
        if len(self.manifest.admitted) == start["files"]:
            self._admit(unlimited=isinstance(limit, ReadAllAvailable))
        return {"files": len(self.manifest.admitted)}

    def partitions(self, start: dict, end: dict) -> Sequence[Entries]:
        entries = self.manifest.admitted[start["files"] : end["files"]]
        return [Entries(entries)] if entries else []

    def read(self, partition: Entries) -> Iterator[tuple]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return map(astuple, partition.entries)

    def _admit(self, unlimited: bool) -> None:
        found = list_files(self.reading.folder) if self.frozen is None else self.frozen
        everything = replace(self.reading, max_files=len(found), max_bytes=sum(file.size for file in found))
        self.manifest.admit(found, everything if unlimited else self.reading)
