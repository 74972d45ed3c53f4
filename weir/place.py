"""`KIND:PLACE`, as the command line names a source or a destination: kafka:payments, files:/srv/in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from weir.error import WeirError

T = TypeVar("T")


def parse_place(text: str, option: str, kinds: Mapping[str, tuple[str, T]]) -> tuple[T, str]:
    """'kafka:payments' -> what its kind stands for, and the place. WeirError names the option and the kinds.

    kinds: kind -> how its place is written ('TOPIC'), and what the kind stands for.
    """
    kind, _, place = text.partition(":")
    if kind not in kinds or not place:
        raise WeirError(f"{option} {text}: write {_written(kinds)}")
    return kinds[kind][1], place


def _written(kinds: Mapping[str, tuple[str, object]]) -> str:
    """'files:DIR, kafka:TOPIC or ...'."""
    *others, last = (f"{kind}:{place}" for kind, (place, _) in kinds.items())
    return f"{', '.join(others)} or {last}" if others else last
