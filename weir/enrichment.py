"""reference.yml -> frozen records: lists that an event's columns are looked up in."""

from __future__ import annotations

from dataclasses import dataclass

from weir.contract import Contract
from weir.feature import take_name
from weir.located import Located, closest

TYPE = "boolean"


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One boolean column: is `column`'s value on `list` at the event's time? Null when the value is null."""

    name: str
    list: str
    column: str
    description: str


def read_enrichments(root: Located, contract: Contract, taken: dict[str, str]) -> tuple[Enrichment, ...]:
    """A reference.yml's list -> enrichments; mistakes are noted, names are added to `taken`."""
    return tuple(_enrichment(entry, contract, taken) for entry in root.items())


def _enrichment(entry: Located, contract: Contract, taken: dict[str, str]) -> Enrichment:
    fields = entry.fields(("name", "list", "column"), ("description",))
    name = fields["name"].name() if "name" in fields else ""
    take_name(fields.get("name", entry), name, taken)
    column = fields["column"].text() if "column" in fields else ""
    texts = [known for known, kind in contract.event_types.items() if kind == "string"]
    if column and column not in texts:
        fields["column"].refuse(f"the contract has no text column '{column}'{closest(column, texts)}")
    return Enrichment(
        name=name,
        list=fields["list"].name() if "list" in fields else "",
        column=column,
        description=fields["description"].text_or_blank() if "description" in fields else "",
    )
