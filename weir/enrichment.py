"""reference.yml -> frozen records: lists that an event's columns are looked up in."""

from __future__ import annotations

from dataclasses import dataclass

TYPE = "boolean"


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One boolean column: is `column`'s value on `list` at the event's time? Null when the value is null."""

    name: str
    list: str
    column: str
    description: str
