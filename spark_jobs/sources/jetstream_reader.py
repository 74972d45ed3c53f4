"""Jetstream as a stream of messages (Spark's Python data source API), through a spool on the driver's disk."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import (
    ReadAllAvailable,
    ReadLimit,
    ReadMaxBytes,
    SupportsTriggerAvailableNow,
)
from pyspark.sql.types import StructType

from spark_jobs.sources.receiver import Receiver
from spark_jobs.sources.source import RECORD_SCHEMA
from spark_jobs.sources.spool import Place, Spool
from weir.error import WeirError

SCHEMA = f"{RECORD_SCHEMA}, format string"
Row = tuple[str, int, bytes, str | None]
# Spark warns of a task of more than 1,000 KiB
TASK_BYTES = 900_000
# the spool may hold this many batches
BATCHES = 64
# how often a run that ends looks whether it has caught up (seconds)
LOOK = 0.05


class SpoolGone(WeirError):
    """A batch was begun whose messages the spool does not have."""


class Jetstream(DataSource):
    """`weir_jetstream`: a row is one frame, or one gap.

    Options: url, spool (a file), begin (optional: a Place as JSON), maxBytes (of a batch), quietSeconds (how long
    a server may say nothing before a run that ends takes it that there is no more).
    """

    @classmethod
    def name(cls) -> str:
        return "weir_jetstream"

    def schema(self) -> str:
        return SCHEMA

    def streamReader(self, schema: StructType) -> JetstreamReader:
        options = self.options
        begin = Place(**json.loads(options["begin"])) if "begin" in options else None
        return JetstreamReader(
            options["url"],
            Path(options["spool"]),
            begin,
            int(options["maxBytes"]),
            float(options["quietSeconds"]),
        )


class Rows(InputPartition):
    """The rows themselves: only the driver sees the spool."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__(rows)
        self.rows = rows


class JetstreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """An offset is the id of a message in the spool, and the Place to resume from should the spool be lost."""

    def __init__(self, url: str, file: Path, begin: Place | None, max_bytes: int, quiet: float) -> None:
        self.url = url
        self.file = file
        self.begin = begin
        self.max_bytes = max_bytes
        self.quiet = quiet
        self.catch_up_to: int | None = None
        self.stop_id: int | None = None
        self.receiver: Receiver | None = None
        self.spool: Spool | None = None

    def initialOffset(self) -> dict:
        if self.begin:
            return _offset(0, self.begin)
        self.spool = Spool.at(self.file)
        landed = self.spool.landed()
        return _offset(landed, self.spool.place(landed))

    def getDefaultReadLimit(self) -> ReadLimit:
        return ReadMaxBytes(self.max_bytes)

    def prepareForTriggerAvailableNow(self) -> None:
        self.catch_up_to = time.time_ns() // 1000

    def latestOffset(self, start: dict, limit: ReadLimit) -> dict:
        spool, receiver = self._spool(start), self._receiver(start)
        if self.catch_up_to is not None and self.stop_id is None:
            self._catch_up(start["id"], spool, receiver, self.catch_up_to)
        elif receiver.failure:
            raise receiver.failure
        size = spool.waiting() if isinstance(limit, ReadAllAvailable) else self.max_bytes
        end = spool.end(start["id"], size, self.stop_id)
        return start if end == start["id"] else _offset(end, spool.place(end) or _place(start))

    def partitions(self, start: dict, end: dict) -> Sequence[Rows]:
        spool = self._spool(start)
        if spool.newest() < end["id"]:
            raise SpoolGone(
                f"{self.file}: lacks messages that the checkpoint has begun to land; put it back, or go on without "
                "them by --new-epoch"
            )
        return [Rows(rows) for rows in _tasks(spool.rows(start["id"], end["id"]))]

    def read(self, partition: Rows) -> Iterator[Row]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return iter(partition.rows)

    def commit(self, end: dict) -> None:
        self._spool(end).prune(end["id"])

    def stop(self) -> None:
        if self.receiver:
            self.receiver.stop()
        if self.spool:
            self.spool.close()

    def _catch_up(self, start: int, spool: Spool, receiver: Receiver, time_us: int) -> None:
        """Wait for a whole batch behind `start`, or until all has come that there was at a time, or can be had."""
        while spool.end(start, self.max_bytes) == spool.newest():
            place = spool.place()
            if (place and place.time >= time_us) or receiver.is_silent(self.quiet):
                self.stop_id = spool.newest()
                return
            if trouble := receiver.given_up():
                if spool.newest() > start:
                    # what has come is landed first
                    return
                raise trouble
            time.sleep(LOOK)

    def _receiver(self, start: dict) -> Receiver:
        # not in __init__: Spark makes a second reader, to be pickled
        if self.receiver is None:
            begin = _place(start)
            room = BATCHES * self.max_bytes
            self.receiver = Receiver(self.url, self.file, begin, start["id"], room, landed=self.begin)
            self.receiver.start()
        return self.receiver

    def _spool(self, start: dict) -> Spool:
        self.spool = self.spool or Spool.at(self.file, start["id"])
        return self.spool


def _tasks(rows: list[Row]) -> Iterator[list[Row]]:
    task: list[Row] = []
    size = 0
    for row in rows:
        if task and size + len(row[2]) > TASK_BYTES:
            yield task
            task, size = [], 0
        task.append(row)
        size += len(row[2])
    if task:
        yield task


def _offset(id: int, place: Place | None) -> dict:
    return {"id": id, "place": asdict(place) if place else None}


def _place(offset: dict) -> Place | None:
    return Place(**offset["place"]) if offset["place"] else None
