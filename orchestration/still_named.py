"""A file that names a subject who was erased -> why it may."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spark_jobs.removal import ZONES
from weir.pack import domains
from weir.settings import settings


def why_kept(
    path: str, domain: str, hits: Sequence[str], folders: Sequence[str], mentions: int
) -> str | None:
    """One of the files that name a subject of the domain, `hits` -> the reason, None when it may not.

    folders: from which the domain's messages were read; mentions: how many messages of others name the subject.
    """
    if any(_is_in(path, str(folder)) for folder in (settings().root / "simulated", *folders)):
        return "messages at their source"
    if _is_in(path, settings().table("reference", "")):
        return "a list that its publisher answers for"
    for other in _others_named(domain, hits):
        if _is_of(path, other) or _is_shared(path):
            return f"of {other}: weir erase {other}"
    may_be_mentioned = mentions and (_is_of(path, domain) or _is_shared(path))
    return f"{mentions} messages of others name it" if may_be_mentioned else None


def _others_named(domain: str, hits: Sequence[str]) -> list[str]:
    """The other domains that hold the subject too."""
    others = (other for other in domains() if other != domain)
    return [other for other in others if any(_is_of(path, other) for path in hits)]


def _is_of(path: str, domain: str) -> bool:
    """Whether a file is in one of the domain's tables, or beside a checkpoint of its streams."""
    places = settings()
    tables = (places.table(zone, domain) for zone in ZONES)
    checkpoints = (places.checkpoint(f"{zone}/{domain}") for zone in ("raw", "scored"))
    return any(_is_in(path, place) for place in (*tables, *checkpoints))


def _is_shared(path: str) -> bool:
    """Whether a file holds something of every domain."""
    return _is_in(path, str(settings().marts))


def _is_in(path: str, place: str) -> bool:
    # one name of S3 is Hadoop's, the other is Arrow's
    return Path(path.replace("s3a://", "s3://")).is_relative_to(place.replace("s3a://", "s3://"))
