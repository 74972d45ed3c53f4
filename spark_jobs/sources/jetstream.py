"""`--from jetstream:URL`: Bluesky's stream of public posts, likes and follows over a websocket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.sources.jetstream_frame import TIME
from spark_jobs.sources.receiver import with_cursor
from spark_jobs.sources.source import RecordSource, require_limits
from spark_jobs.sources.spool import GAP, UNKNOWN_TIME, Place, Spool
from weir.error import WeirError
from weir.settings import settings


@dataclass(frozen=True, slots=True)
class JetstreamSource(RecordSource):
    """A server's address with its filters, about how much one batch may take, and how long silence is an end.

    quiet: seconds for which a server may say nothing before a run that is to end takes it that there is no more.
    """

    kind: ClassVar[str] = "jetstream"

    url: str
    max_bytes: int = 8 * 1024 * 1024
    quiet: float = 5

    @classmethod
    def at(cls, place: str) -> JetstreamSource:
        """'wss://HOST/subscribe?wantedCollections=...' -> the source there."""
        parts = urlsplit(place)
        if parts.scheme not in ("ws", "wss") or not parts.hostname or "@" in parts.netloc:
            raise WeirError(f"--from jetstream:{place}: write wss://HOST/subscribe, with filters behind a ?")
        return cls(place)

    @property
    def name(self) -> str:
        return f"jetstream:{with_cursor(self.url, None)}"

    def leave_behind(self, checkpoint: str) -> None:
        # it may have landed, and comes again if it has not
        Spool.remove(spool_of(checkpoint))

    def stream(self, spark: SparkSession, landed: Mapping[str, int], checkpoint: str) -> DataFrame:
        require_limits(self.name)
        # not above: older Spark lacks what it is made of
        from spark_jobs.sources.jetstream_reader import Jetstream

        spark.dataSource.register(Jetstream)
        options = {
            "url": self.url,
            "spool": str(spool_of(checkpoint)),
            "maxBytes": str(self.max_bytes),
            "quietSeconds": str(self.quiet),
        }
        if begin := _place_of(landed):
            options["begin"] = json.dumps(asdict(begin))
        return spark.readStream.format(Jetstream.name()).options(**options).load()


def spool_of(checkpoint: str) -> Path:
    """A checkpoint's path or URI -> the file of its spool, which is always on this machine's disk."""
    folder = (
        settings().root / "spools" / checkpoint.split("://")[1] if "://" in checkpoint else Path(checkpoint)
    )
    return folder / "spool" / "messages.db"


def _place_of(landed: Mapping[str, int]) -> Place | None:
    """Partition -> the last position that `raw` holds -> where to go on; gaps are no place."""
    runs = {partition.rpartition("/"): position for partition, position in landed.items() if partition != GAP}
    if not runs:
        return None
    (wire, _, run), cursor = max(runs.items(), key=lambda item: int(item[0][2]))
    return Place(cursor, cursor if wire == TIME else UNKNOWN_TIME, int(run))
