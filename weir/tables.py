"""The lake's tables: which there are, and the columns of each with their Spark SQL types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from weir.pack import Pack

RAW_KEY = {"source": "string", "partition": "string", "position": "bigint"}
PART_KEY = {**RAW_KEY, "part": "int"}

RAW = {
    **RAW_KEY,
    "payload": "binary",
    "format": "string",
    "mapping": "string",
    "received_at": "timestamp",
    "received_date": "date",
    "seq": "bigint",
    "batch_id": "bigint",
}
QUARANTINE = {
    **PART_KEY,
    "seq": "bigint",
    "event_id": "string",
    "event_type": "string",
    "reason": "string",
    "detail": "array<struct<reason:string,column:string,value:string>>",
    "received_at": "timestamp",
    "batch_id": "bigint",
    "quarantined_at": "timestamp",
    "received_date": "date",
}
DECISION = {
    "score": "int",
    "action": "string",
    "reasons": "array<struct<rule:string,points:int,text:string>>",
    "ruleset": "string",
    "pack": "string",
    "model": "string",
    **PART_KEY,
    "seq": "bigint",
    "received_at": "timestamp",
    "batch_id": "bigint",
    "is_late": "boolean",
    "scored_at": "timestamp",
    "event_date": "date",
}
LABELS = {
    "event_id": "string",
    "is_fraud": "boolean",
    "attack": "string",
    "labeled_at": "timestamp",
    "source": "string",
}
MAPPING = {"hash": "string", "format": "string", "body": "string", "first_used_at": "timestamp"}
REFERENCE = {
    "value": "string",
    "listed_at": "timestamp",
    "delisted_at": "timestamp",
    "loaded_at": "timestamp",
    "source": "string",
}
QUALITY = {
    "books": {
        "checked_at": "timestamp",
        "domain": "string",
        **dict.fromkeys(("raw", "parts", "scored", "quarantined"), "bigint"),
        **dict.fromkeys(("duplicates", "pending", "missing", "doubled", "orphans"), "bigint"),
        "balanced": "boolean",
        "released": "bigint",
    },
    "checks": {
        "checked_at": "timestamp",
        "domain": "string",
        "table_name": "string",
        "check_name": "string",
        "success": "boolean",
        "observed": "string",
        "expected": "string",
        "failed_rows": "bigint",
        "suite": "string",
        "severity": "string",
    },
    # what was removed, and never whose it was
    "erasures": {
        "erasure_id": "string",
        "erased_at": "timestamp",
        "domain": "string",
        "kind": "string",
        "what": "string",
        **dict.fromkeys(("raw", "quarantine", "scored", "labels", "replayed", "spool"), "bigint"),
    },
}


@dataclass(frozen=True, slots=True)
class Table:
    """One Delta table of the lake: its zone and name, and its columns' Spark SQL types, in order."""

    zone: str
    name: str
    columns: dict[str, str]

    @property
    def view(self) -> str:
        """('raw', 'payments') -> 'raw_payments', its name in SQL."""
        return f"{self.zone}_{self.name}"

    @property
    def key(self) -> str:
        """('raw', 'payments') -> 'raw/payments', its path in the lake."""
        return f"{self.zone}/{self.name}"


def lake_tables(packs: Iterable[Pack]) -> list[Table]:
    """Every table that these packs have in the lake, whether or not it has been written yet."""
    tables, lists = [], set()
    for pack in packs:
        tables += domain_tables(pack)
        lists.update(pack.lists)
    tables += [Table("reference", name, REFERENCE) for name in sorted(lists)]
    return tables + [Table("quality", name, columns) for name, columns in QUALITY.items()]


def domain_tables(pack: Pack) -> list[Table]:
    """A pack -> its own tables, in the order in which data flows."""
    scored = scored_columns(pack)
    columns = {
        "raw": RAW,
        "mapping": MAPPING,
        "quarantine": QUARANTINE,
        "scored": scored,
        "labels": LABELS,
        "replayed": {"replay_id": "string", **scored},
    }
    return [Table(zone, pack.contract.domain, types) for zone, types in columns.items()]


def scored_columns(pack: Pack) -> dict[str, str]:
    """The event, what enriched it, its features, its decision: name -> Spark SQL type, in order."""
    return {**pack.columns, **DECISION}
