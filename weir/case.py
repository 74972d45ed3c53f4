"""cases.yml -> golden events: for each rule some that must fire it and some that must not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from weir.located import Located, closest
from weir.sql_term import SqlType, sql_type

BIGINTS = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Case:
    """One event for one rule: the columns it names; all others are null. `place` is 'cases.yml:7'."""

    rule: str
    fires: bool
    values: Mapping[str, object]
    place: str


def read_cases(
    root: Located, rules: Sequence[str], columns: Mapping[str, str], enums: Mapping[str, Sequence[str]]
) -> tuple[Case, ...]:
    """A cases.yml -> cases; a rule without a firing and a holding case is a mistake."""
    cases: list[Case] = []
    written = root.entries() if not root.is_null else []
    for key, value in written:
        rule = key.text()
        if rule and rule not in rules:
            key.refuse(f"no rule is named '{rule}'{closest(rule, rules)}")
        fields = value.fields(("fires", "holds"))
        for outcome, place in fields.items():
            found = [_case(rule, outcome == "fires", item, columns, enums) for item in place.items()]
            if not found and place.is_list:
                place.refuse(f"{rule} needs a case here; write '- {{column: value}}'")
            cases.extend(found)
    named = {key.plain for key, _ in written}
    for rule in rules:
        if rule and rule not in named:
            root.refuse(f"rule '{rule}' has no cases; write '{rule}: {{fires: [{{...}}], holds: [{{...}}]}}'")
    return tuple(cases)


def _case(
    rule: str, fires: bool, item: Located, columns: Mapping[str, str], enums: Mapping[str, Sequence[str]]
) -> Case:
    values: dict[str, object] = {}
    for key, value in item.entries():
        name = key.text()
        if name not in columns:
            key.refuse(f"case of {rule}: unknown column '{name}'{closest(name, columns)}")
            continue
        values[name] = _value(value, name, sql_type(columns[name]))
        if name in enums and not value.is_null and values[name] not in enums[name]:
            value.refuse(f"{name} is never '{value.plain}'{closest(value.plain, enums[name])}")
    return Case(rule, fires, values, f"{item.file}:{item.line}")


def _value(place: Located, name: str, kind: SqlType) -> object:
    """What stands there as a value of the column's type; None and a mistake when it is none."""
    if place.is_null:
        return None
    if kind.name == "map":
        return {key.text(): value.text_or_blank() for key, value in place.entries()}
    if kind.name == "string":
        return place.text_or_blank()
    value = _scalar(place, kind)
    if value is None:
        place.refuse(f"{name} is {kind.spark}, and '{place.plain}' is none; write a {kind.name}")
    return value


def _scalar(place: Located, kind: SqlType) -> object:
    value = place.value()
    if kind.name == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if kind.name == "bigint":
        return value if isinstance(value, int) and value in BIGINTS else None
    if kind.name == "double":
        return float(value) if isinstance(value, int | float) else None
    if kind.name == "timestamp":
        return _moment(value)
    return _decimal(place.plain, kind) if isinstance(value, int | float) else None


def _decimal(text: str, kind: SqlType) -> Decimal | None:
    """The digits as they are written: not by way of a float."""
    try:
        value = Decimal(text.replace("_", ""))
        exact = value.quantize(Decimal(1).scaleb(-kind.scale)) if value.is_finite() else None
    except InvalidOperation:
        return None
    return exact if exact == value and len(value.as_tuple().digits) <= kind.precision else None


def _moment(value: object) -> datetime | None:
    """A YAML time, a day or RFC 3339 text -> a time in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None
