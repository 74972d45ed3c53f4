"""A stream of the paths of new files (Spark's Python data source API); the batch then reads the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.types import StructType

from spark_jobs.sources.manifest import Admitted, Found, Manifest, Reading, list_files
from spark_jobs.sources.source import TELLS_LIMITS

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
        return _reader()(reading, self.options["manifest"])


def _reader() -> type[PathsReader]:
    if not TELLS_LIMITS:
        return PathsReader
    from spark_jobs.sources.limited_paths import LimitedPathsReader

    return LimitedPathsReader


class Entries(InputPartition):
    """The files of one batch."""

    def __init__(self, entries: list[Admitted]) -> None:
        super().__init__(len(entries))
        self.entries = entries


class PathsReader(DataSourceStreamReader):
    """An offset is how many files the manifest holds, so a batch is what one look at the folder admitted.

    This is all that Spark 4.1 can use: a look admits every new file, so a drain, for which Spark 4.1 looks
    once, is one batch of whatever size.
    """

    def __init__(self, reading: Reading, manifest: str) -> None:
        self.reading = reading
        self.manifest = Manifest.load(manifest)

    def initialOffset(self) -> dict:
        return {"files": self.manifest.first}

    def latestOffset(self) -> dict:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.admit(list_files(self.reading.folder), limited=False)
        return self.offset()

    def partitions(self, start: dict, end: dict) -> Sequence[Entries]:
        self.require_known(max(start["files"], end["files"]))
        entries = self.manifest.admitted[start["files"] : end["files"]]
        return [Entries(entries)] if entries else []

    def read(self, partition: Entries) -> Iterator[tuple]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return map(astuple, partition.entries)

    def offset(self) -> dict:
        return {"files": len(self.manifest.admitted)}

    def admit(self, found: list[Found], limited: bool) -> None:
        """Admit the new files among those found: as many as one batch may take, or all of them."""
        everything = replace(self.reading, max_files=len(found), max_bytes=sum(file.size for file in found))
        self.manifest.admit(found, self.reading if limited else everything)

    def require_known(self, files: int) -> None:
        """Raise ValueError when a checkpoint has gone further than the manifest beside it."""
        if len(self.manifest.admitted) < files:
            raise ValueError(
                f"{self.manifest.store.folder}: lacks files the checkpoint knows; put back a whole copy of the "
                "checkpoint it is in, or move that away and go on with --new-epoch"
            )
