"""contract.yml -> frozen records: the only place where an event's columns are declared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from weir.located import Located, Mistake, PackError, closest, locate

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
# money in major units, so that minor units of four decimals fit a bigint; units so that sums fit 38 digits
LARGEST = {"money": 10**14, "units": 10**31, "integer": 2**63 - 1}
LOWEST_INTEGER = -(2**63)
MINOR_SUFFIX = "_minor"
# those that can say whose an event is
NAMING_TYPES = ("id", "string", "ip", "address")
OCCURRED_AT = "occurred_at"
ENVELOPE = {"event_id": "id", "event_type": "enum", OCCURRED_AT: "time"}
# names that the tables give to their own columns
RESERVED = frozenset(
    (
        *("source", "partition", "position", "part", "seq", "payload", "format", "mapping", "refusal"),
        *("received_at", "received_date", "batch_id", "reason", "detail", "quarantined_at", "replay_id"),
        *("score", "action", "reasons", "ruleset", "pack", "model", "is_late", "scored_at", "event_date"),
    )
)
_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTIONAL = ("required", "required_for", "values", "aliases", "minimum", "maximum", "currency", "description")


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column. `currency` names the column that holds a money column's currency."""

    name: str
    type: str
    required: bool = False
    required_for: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
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
    description: str = ""

    @property
    def event_types(self) -> dict[str, str]:
        """Column name -> Spark SQL type of an event, in order, `<money>_minor` behind its money column."""
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
    """The text of a contract.yml -> Contract; raises PackError with every mistake, its line and its mend."""
    mistakes: list[Mistake] = []
    root = locate(text, file, mistakes)
    contract = _contract(root) if root else None
    if mistakes or contract is None:
        raise PackError(sorted(mistakes))
    return contract


def _contract(root: Located) -> Contract:
    fields = root.fields(("domain", "columns"), ("description",))
    entries = fields["columns"].entries() if "columns" in fields else []
    columns = tuple(_column(key, value) for key, value in entries)
    places = {key.text(): value for key, value in entries}
    _check_envelope(root, columns)
    for column in columns:
        _check_column(places[column.name], column, columns)
    domain = fields["domain"].name() if "domain" in fields else ""
    description = fields["description"].text_or_blank() if "description" in fields else ""
    return Contract(domain, columns, description)


def _column(key: Located, value: Located) -> Column:
    fields = value.fields(("type",), _OPTIONAL)
    name = key.name()
    if name in RESERVED:
        key.refuse(f"'{name}' is a column that every table has; choose another name")
    read = {
        "required": _boolean,
        "required_for": Located.names,
        "values": Located.names,
        "aliases": Located.names,
        "minimum": _number,
        "maximum": _number,
        "currency": Located.name,
        "description": Located.text_or_blank,
    }
    kind = fields["type"].one_of(SPARK_TYPES) if "type" in fields else ""
    given = {key: reader(fields[key]) for key, reader in read.items() if key in fields}
    return Column(name, kind or "string", **given)


def _boolean(place: Located) -> bool:
    value = place.value()
    if not isinstance(value, bool):
        place.refuse("should be true or false")
    return value is True


def _number(place: Located) -> Decimal | None:
    try:
        return Decimal(str(place.value()))
    except InvalidOperation:
        place.refuse("should be a number")
        return None


def _check_envelope(root: Located, columns: Iterable[Column]) -> None:
    declared = {column.name: column for column in columns}
    for name, kind in ENVELOPE.items():
        column = declared.get(name)
        if column is None or column.type != kind or not column.required:
            root.refuse(f"every event has it: write '{name}: {{type: {kind}, required: true}}' under columns")


def _check_column(place: Located, column: Column, columns: tuple[Column, ...]) -> None:
    """Note what the column's entry gets wrong together with the other columns."""
    names = [other.name for other in columns]
    event_types = next((other.values for other in columns if other.name == "event_type"), ())
    for event_type in column.required_for:
        if event_type not in event_types:
            place.refuse(f"required_for names '{event_type}'{closest(event_type, event_types)}")
    if column.required and column.required_for:
        place.refuse("required and required_for exclude each other; keep one")
    if (column.type == "enum") != bool(column.values):
        place.refuse("values belong to an enum, and an enum needs them: write values: [...]")
    _check_aliases(place, column, columns)
    if column.type == "money" and f"{column.name}{MINOR_SUFFIX}" in names:
        place.refuse(f"'{column.name}{MINOR_SUFFIX}' is derived from this column; do not declare it")
    _check_currency(place, column, columns)
    _check_range(place, column)


def _check_aliases(place: Located, column: Column, columns: tuple[Column, ...]) -> None:
    others = [alias for other in columns if other is not column for alias in other.aliases]
    taken = {name.lower() for name in (*(other.name for other in columns), *others)}
    for alias in column.aliases:
        if not _ALIAS.fullmatch(alias):
            place.refuse(f"alias '{alias}' is not letters, digits and _; choose another")
        if alias.lower() in taken:
            # to Spark two fields whose names differ by case only are one ambiguous field
            place.refuse(f"alias '{alias}' is taken (case does not tell names apart); choose another")
        taken.add(alias.lower())


def _check_currency(place: Located, column: Column, columns: Iterable[Column]) -> None:
    currencies = [other.name for other in columns if other.type == "currency"]
    if column.type == "money" and column.currency not in currencies:
        place.refuse(f"money needs 'currency: <a column of type currency>'; there are {currencies or 'none'}")
    if column.type != "money" and column.currency is not None:
        place.refuse("only money has a currency; remove it")


def _check_range(place: Located, column: Column) -> None:
    low, high = column.minimum, column.maximum
    if not all(bound is None or bound.is_finite() for bound in (low, high)):
        place.refuse("minimum and maximum are numbers; leave one out where there is no bound")
        return
    if (low, high) != (None, None) and column.type not in (*LARGEST, "number"):
        place.refuse(f"a column of type {column.type} has no minimum or maximum; remove them")
    if column.type in ("money", "units"):
        if high is None:
            place.refuse(f"{column.type} is summed: write 'maximum: ...', at most {LARGEST[column.type]}")
        if low is not None and low < 0:
            place.refuse(f"minimum {low} is below 0, and {column.type} is never negative; write 0 or more")
    if low is not None and high is not None and low > high:
        place.refuse(f"minimum {low} is above maximum {high}; swap them")
    _check_fit(place, column)


def _check_fit(place: Located, column: Column) -> None:
    """Note a bound that no value of the column's type can have: Spark could not read it, either."""
    for name, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
        if bound is not None and bound > LARGEST.get(column.type, bound):
            place.refuse(f"{name} {bound} is too big to keep exactly; write at most {LARGEST[column.type]}")
        if bound is not None and column.type in LARGEST and bound < LOWEST_INTEGER:
            place.refuse(f"{name} {bound} is too small to keep exactly; write at least {LOWEST_INTEGER}")
