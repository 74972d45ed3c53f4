"""The paths of new files as Spark 4.2 can read them: a batch at a time, and a drain to its end."""

from __future__ import annotations

from pyspark.sql.streaming.datasource import (
    ReadAllAvailable,
    ReadLimit,
    ReadMaxFiles,
    SupportsTriggerAvailableNow,
)

from spark_jobs.sources.manifest import Found, Reading, list_files
from spark_jobs.sources.paths import PathsReader


class LimitedPathsReader(PathsReader, SupportsTriggerAvailableNow):
    """A look admits as many files as one batch may take; a drain takes what was there when it began."""

    def __init__(self, reading: Reading, manifest: str) -> None:
        super().__init__(reading, manifest)
        self.frozen: list[Found] | None = None

    def getDefaultReadLimit(self) -> ReadLimit:
        return ReadMaxFiles(self.reading.max_files)

    def prepareForTriggerAvailableNow(self) -> None:
        self.frozen = list_files(self.reading.folder)

    def latestOffset(self, start: dict, limit: ReadLimit) -> dict:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.require_known(start["files"])
        if self.offset() == start:
            found = list_files(self.reading.folder) if self.frozen is None else self.frozen
            self.admit(found, limited=not isinstance(limit, ReadAllAvailable))
            self._pass_over(start["files"])
        return self.offset()

    def _pass_over(self, first: int) -> None:
        """A drain asks for a file once: one that goes on changing would keep it from ending."""
        if self.frozen is not None:
            taken = {entry.path for entry in self.manifest.admitted[first:]}
            self.frozen = [file for file in self.frozen if file.path not in taken]
