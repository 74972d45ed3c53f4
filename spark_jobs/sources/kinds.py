"""`--from KIND:PLACE` -> a source. Every kind there is stands here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from spark_jobs.sources.jetstream import JetstreamSource
from spark_jobs.sources.kafka import KafkaSource
from spark_jobs.sources.kinesis import KinesisSource
from spark_jobs.sources.source import FilesSource, Source
from weir.place import parse_place

# kind -> how its place is written, and what makes a source of a place
KINDS: dict[str, tuple[str, Callable[[str], Source]]] = {
    "files": ("DIR", FilesSource.at),
    "kafka": ("TOPIC", KafkaSource),
    "kinesis": ("STREAM", KinesisSource),
    "jetstream": ("URL", JetstreamSource.at),
}


def parse_source(text: str | None) -> Source | None:
    """'files:DIR' -> its source; None is none. WeirError names the kinds there are."""
    if text is None:
        return None
    make, place = parse_place(text, "--from", KINDS)
    return make(place)
