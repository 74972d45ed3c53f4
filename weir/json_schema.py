"""A contract -> JSON Schema, for producers to check their events with before they send them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weir.contract import Column, Contract
from weir.iso import COUNTRIES, CURRENCIES
from weir.value import LONGEST, NUMBER, names_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_NUMBER_TEXT = NUMBER.replace("++", "+")  # ECMA-262 has no possessive quantifiers
_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_NUMBER = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _NUMBER_TEXT}]}
_OF_TYPE: dict[str, Schema] = {
    "id": {"anyOf": [_TEXT, {"type": "integer"}]},
    "address": _TEXT,
    "string": {"type": ["string", "integer"]},
    "enum": {"type": "string"},
    "time": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]},
    "money": _NUMBER,
    "units": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}]},
    "integer": {"type": "integer"},
    "number": _NUMBER,
    "boolean": {"type": "boolean"},
    "ip": {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
    "country": {"enum": sorted(COUNTRIES)},
    "currency": {"enum": sorted(CURRENCIES)},
    "map": {"type": "object"},
}


def json_schema(contract: Contract) -> Schema:
    """Contract -> a JSON Schema (draft 2020-12) of one event; unknown fields are allowed: they are ignored.

    The stream judges what a schema cannot say: decimals by currency, ages, an alias beside its column.
    """
    properties = {name: _schema(column) for column in contract.columns for name in names_of(column)}
    return {
        "$schema": DIALECT,
        "title": contract.domain,
        "description": contract.description,
        "type": "object",
        "properties": properties,
        "allOf": [rule for column in contract.columns for rule in _required(contract, column)],
    }


def _schema(column: Column) -> Schema:
    value = {**_OF_TYPE[column.type], "description": column.description}
    if column.values:
        value["enum"] = list(column.values)
    least = 0 if column.type in ("money", "units") else None
    for key, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
        chosen = bound if bound is not None else least if key == "minimum" else None
        if chosen is not None:
            value[key] = _plain(chosen)
    # null stands for absent, so that what is required is said by _required alone
    return {"anyOf": [value, {"type": "null"}]}


def _plain(number: Decimal | int) -> int | float:
    return int(number) if number == int(number) else float(number)


def _required(contract: Contract, column: Column) -> list[Schema]:
    present = {"anyOf": [_given(name) for name in names_of(column)]}
    if column.required:
        return [present]
    rules = []
    if column.required_for:
        types = {
            "properties": {"event_type": {"enum": list(column.required_for)}},
            "required": ["event_type"],
        }
        rules.append({"if": types, "then": present})
    priced = [money for money in contract.columns if money.currency == column.name]
    return rules + [{"if": _given(money.name), "then": present} for money in priced]


def _given(name: str) -> Schema:
    return {"properties": {name: {"not": {"type": "null"}}}, "required": [name]}
