"""What a source of messages is, to the landing: a folder of files, or a stream of records.

A stream of records (Kafka, Kinesis, Jetstream) is a `RecordSource`: it says what it is called and gives a
streaming DataFrame of RECORDS. All else is shared (spark_jobs/record_feed.py): `seq`, the receipt, the append
that happens once, epoch, checkpoint and lease. To add one:

1. write spark_jobs/sources/<kind>.py with a frozen dataclass that derives from RecordSource;
2. enter it into KINDS of spark_jobs/sources/kinds.py, which makes `--from KIND:PLACE` of it.

The raw key (source, partition, position) is all that tells messages apart, so a source must give a message the
same partition and position whenever it is asked. Within a partition positions must rise in the order of arrival
(gaps are fine), unless the source says by `lane` and `order` what else is in which order. A source that knows when
its messages came adds ARRIVED, by which the lanes of a batch are put together. A batch may come again
after a crash, and must then hold the same rows: a Python data source gives `partitions(start, end)` whose `read`
depends on nothing but those two offsets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import pyspark
from pyspark.sql import DataFrame, SparkSession

from weir.error import WeirError

RECORDS = {"partition": "string", "position": "bigint", "payload": "binary"}
RECORD_SCHEMA = ", ".join(f"{name} {kind}" for name, kind in RECORDS.items())
# a source may add these columns: the format, null for the one that the user names; the timestamp of arrival there
FORMAT, ARRIVED = "format", "arrived_at"
# Spark tells a Python source how much to read, and from where on, from 4.2 on
TELLS_LIMITS = find_spec("pyspark.sql.streaming.datasource") is not None


class MessagesGone(WeirError):
    """The source no longer has messages that have not landed."""


@dataclass(frozen=True, slots=True)
class FilesSource:
    """A folder of files, at any depth, and how much of it one batch may take."""

    kind: ClassVar[str] = "files"
    jars: ClassVar[tuple[str, ...]] = ()

    folder: Path
    max_files: int = 1000
    max_bytes: int = 1_000_000_000

    @classmethod
    def at(cls, place: str) -> FilesSource:
        """'~/in' -> the folder there."""
        if "://" in place:
            raise WeirError(
                f"--from files:{place}: write a folder of this machine; copy what is in a bucket there"
            )
        return cls(Path(place).expanduser())


def require_limits(source: str) -> None:
    """Raise WeirError when this Spark does not tell a Python source where a batch begins."""
    if not TELLS_LIMITS:
        raise WeirError(f"{source}: needs Spark 4.2 or newer, and this is {pyspark.__version__}")


class RecordSource(ABC):
    """A place that hands out messages by partition and position.

    kind: the word in `--from KIND:PLACE`; the query is `raw/<domain>/<kind>`.
    jars: `group:artifact:version` of what its connector needs beside Delta; none for a Python data source.
    lane: SQL over RECORDS of what messages share that are in order; order: SQL of what they are in order of.
    max_age: how long before it was received an event may have occurred, unless the user says otherwise.
    """

    __slots__ = ()
    kind: ClassVar[str]
    jars: ClassVar[tuple[str, ...]] = ()
    lane: ClassVar[str] = "partition"
    order: ClassVar[tuple[str, ...]] = ("position",)
    max_age: ClassVar[timedelta] = timedelta(days=7)

    @property
    @abstractmethod
    def name(self) -> str:
        """'kafka:payments': what raw's column `source` says, and nothing secret. Stays the same for ever."""

    @abstractmethod
    def stream(self, spark: SparkSession, landed: Mapping[str, int], checkpoint: str) -> DataFrame:
        """A streaming DataFrame of RECORDS (a null payload is a message too), bounded in each batch.

        landed: partition -> position of the last message of each lane that `raw` holds; only a new checkpoint
        asks for it, to begin behind it, and a lane that is not in it begins at the earliest message there is.
        Empty but for `--new-epoch`. checkpoint: the query's, for what a source must keep beside it. Register a
        Python data source here.
        """

    def leave_behind(self, checkpoint: str) -> None:
        """Remove what an older checkpoint of this name kept beside it; asked once, before a new one begins."""
        return

    def require_kept(self, spark: SparkSession, reached: str | None, landed: Mapping[str, int]) -> None:
        """Raise MessagesGone, with how many, when the next messages to land are no longer there.

        Asked before the start and when the query has failed. reached: the source's own offset (JSON) up to
        which all has landed, None for a new checkpoint, which begins behind `landed`.
        """
        return


Source = FilesSource | RecordSource
