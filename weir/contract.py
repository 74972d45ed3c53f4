"""contract.yml -> frozen records: the only place where an event's columns are declared."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

SPARK_TYPES = {
    "id": "string",
    "string": "string",
    "enum": "string",
    "time": "timestamp",
    "money": "decimal(20,4)",
    "units": "decimal(38,0)",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "ip": "string",
    "country": "string",
    "currency": "string",
    "address": "string",
    "map": "map<string,string>",
}
MINOR_SUFFIX = "_minor"


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column. `currency` names the column that holds a money column's currency."""

    name: str
    type: str
    required: bool = False
    required_for: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    currency: str | None = None
    description: str = ""

    @property
    def spark_type(self) -> str:
        """'money' -> 'decimal(20,4)', and so on."""
        return SPARK_TYPES[self.type]


@dataclass(frozen=True, slots=True)
class Contract:
    """A domain's columns, in order; validity and reasons follow this order."""

    domain: str
    columns: tuple[Column, ...]
    description: str = field(default="")

    @property
    def event_types(self) -> dict[str, str]:
        """Column name -> Spark SQL type of an event, in order, with `<money>_minor` behind its money column."""
        types: dict[str, str] = {}
        for column in self.columns:
            types[column.name] = column.spark_type
            if column.type == "money":
                types[column.name + MINOR_SUFFIX] = "bigint"
        return types

    def column(self, name: str) -> Column:
        """The declared column of that name; KeyError when there is none."""
        return {column.name: column for column in self.columns}[name]


def load_contract(text: str, file: str) -> Contract:
    """The text of a contract.yml -> Contract; a mistake is raised with file, line and mend."""
    document = yaml.safe_load(text)
    columns = tuple(
        Column(
            name, **{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
        )
        for name, entry in document["columns"].items()
    )
    return Contract(document["domain"], columns, document.get("description", ""))
