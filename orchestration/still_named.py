"""A file that names a subject who was erased -> why it may."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weir.settings import settings


def why_kept(
    path: str, domain: str, hits: Sequence[str], folders: Sequence[str], mentions: int
) -> str | None:
    """One of the files that name a subject of the domain, `hits` -> the reason, None when it may not.

    folders: from which the domain's messages were read; mentions: how many messages of others name the subject.
    """
    if any(Path(path).is_relative_to(folder) for folder in (settings().root / "simulated", *folders)):
        return "messages at their source"
    if "/reference/" in path:
        return "a list that its publisher answers for"
    for other in _others_named(domain, hits):
        if _is_of(path, other) or _is_shared(path):
            return f"of {other}: weir erase {other}"
    may_be_mentioned = mentions and (_is_of(path, domain) or _is_shared(path))
    return f"{mentions} messages of others name it" if may_be_mentioned else None


def _others_named(domain: str, hits: Sequence[str]) -> list[str]:
    """The other domains that hold the subject too."""
    tables = [Path(path).parts for path in hits]
    names = {parts[parts.index("scored") + 1] for parts in tables if "scored" in parts[:-1]}
    return sorted(names - {domain})


def _is_of(path: str, domain: str) -> bool:
    return f"/{domain}/" in path


def _is_shared(path: str) -> bool:
    """Whether a file holds something of every domain."""
    return Path(path).is_relative_to(settings().marts)
