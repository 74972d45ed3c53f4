"""features.yml -> frozen records: what an event is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from weir.contract import Contract
from weir.expression import ExpressionError, parse_condition
from weir.located import Located, closest

COUNTED = ("count", "sum", "distinct")
REMEMBERED = ("seconds_since_previous", "is_first_seen", "previous")
SESSIONS = ("session_count", "session_seconds")
KINDS = (*COUNTED, *REMEMBERED, *SESSIONS)
WITH_VALUE = ("sum", "distinct", "is_first_seen", "previous")
SUMMED_TYPES = ("bigint", "decimal(38,0)")
MAP_TYPE = "map<string,string>"

DEFAULT_HORIZON = timedelta(days=90)
LONGEST_SESSION = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Feature:
    """One as-of feature: for event e, `kind` over the events f of e's key that happened and arrived before e,
    with f.occurred_at > e.occurred_at - span.

    `span` is the window, the horizon, or for sessions the longest session; `gap`, the silence that ends a
    session, is set for sessions only. `where` is Spark SQL over the contract's columns, made safe, ready for
    `F.expr`; an f for which it is not true does not count. `type` is the Spark SQL type of the column it
    gives: counts and whole seconds (rounded down) are bigint, a sum and `previous` have their value's type.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    value: str | None
    span: timedelta
    gap: timedelta | None
    where: str | None
    description: str
    type: str = "bigint"


def read_features(root: Located, contract: Contract, taken: dict[str, str]) -> tuple[Feature, ...]:
    """A features.yml's list -> features; mistakes are noted in `root.mistakes`.

    taken: column name -> the file that has it; the features' names are added.
    """
    return tuple(_feature(entry, contract, taken) for entry in root.items())


def take_name(place: Located, name: str, taken: dict[str, str]) -> None:
    """Note a mistake when another column has the name; remember it otherwise."""
    if name in taken:
        place.refuse(f"'{name}' is a column already, of {taken[name]}; choose another name")
    elif name:
        taken[name] = place.file


def _feature(entry: Located, contract: Contract, taken: dict[str, str]) -> Feature:
    kind = _kind(entry)
    fields = entry.fields(*_known_fields(kind))
    name = fields["name"].name() if "name" in fields else ""
    take_name(fields.get("name", entry), name, taken)
    columns = contract.event_types
    value = _column(fields["value"], columns) if "value" in fields else None
    if kind == "sum" and value and columns[value] not in SUMMED_TYPES:
        fields["value"].refuse(_no_integer(value, columns))
    return Feature(
        name=name,
        kind=kind,
        key=_key(fields["key"], columns) if "key" in fields else (),
        value=value,
        span=_span(kind, fields),
        gap=_gap(fields["gap"]) if "gap" in fields else None,
        where=_where(fields["where"], contract) if "where" in fields else None,
        description=fields["description"].text_or_blank() if "description" in fields else "",
        type=_type(kind, columns.get(value or "", "bigint")),
    )


def _kind(entry: Located) -> str:
    """The kind is needed to know the other fields; an unknown one is noted and read as a count."""
    for key, value in entry.entries() if entry.is_mapping else []:
        if key.text() == "kind":
            return value.one_of(KINDS) or "count"
    return "count"


def _known_fields(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    required = ["name", "kind", "key"]
    optional = ["where", "description"]
    if kind in WITH_VALUE:
        required.append("value")
    if kind in COUNTED:
        required.append("window")
    elif kind in SESSIONS:
        required.append("gap")
    else:
        optional.append("horizon")
    return tuple(required), tuple(optional)


def _span(kind: str, fields: Mapping[str, Located]) -> timedelta:
    if kind in SESSIONS:
        return LONGEST_SESSION
    place = fields.get("window") or fields.get("horizon")
    return place.duration() if place else DEFAULT_HORIZON


def _gap(place: Located) -> timedelta:
    gap = place.duration()
    if gap > LONGEST_SESSION:
        place.refuse(
            f"a session lasts at most {LONGEST_SESSION.total_seconds() / 3600:g}h; write a shorter gap"
        )
    return gap


def _key(place: Located, columns: Mapping[str, str]) -> tuple[str, ...]:
    parts = tuple(column for item in place.items() if (column := _column(item, columns)))
    if len(set(parts)) < len(parts):
        place.refuse("a column stands twice in the key; keep one")
    if place.is_list and not place.items():
        place.refuse("the key is empty; write for example [user_id]")
    return parts


def _column(place: Located, columns: Mapping[str, str]) -> str | None:
    """A column of the contract that can be compared; None and a mistake otherwise."""
    name = place.text()
    if not name:
        return None
    if name not in columns:
        place.refuse(f"the contract has no column '{name}'{closest(name, columns)}")
        return None
    if columns[name] == MAP_TYPE:
        place.refuse(f"'{name}' is a map, which has no order or key; name a plain column")
        return None
    return name


def _no_integer(value: str, columns: Mapping[str, str]) -> str:
    whole = [name for name, kind in columns.items() if kind in SUMMED_TYPES]
    minor = f"{value}_minor"
    mend = f"write {minor}" if minor in whole else f"write one of {', '.join(whole) or 'none: there is none'}"
    return f"only whole numbers are summed, and '{value}' is {columns[value]}; {mend}"


def _where(place: Located, contract: Contract) -> str | None:
    text = place.sql()
    if not text:
        return None
    try:
        return parse_condition(text, contract.event_types, enums(contract)).spark
    except ExpressionError as error:
        place.refuse(f"where: {error}")
        return None


def enums(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Column name -> the only values it may have."""
    return {column.name: column.values for column in contract.columns if column.values}


def _type(kind: str, value_type: str) -> str:
    if kind in ("sum", "previous"):
        return value_type
    return "boolean" if kind == "is_first_seen" else "bigint"
