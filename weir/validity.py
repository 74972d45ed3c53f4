"""A contract's columns -> Spark SQL that says why a text is not a valid value.

The SQL is over these columns of a row: `_text_<column>` (the value as received, as text; null when absent or
blank), `source`, `received_at`, the event's columns and, unless a mapping made the texts, `_body`, `_json`
and `_input` (see weir.message).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from weir.contract import OCCURRED_AT, Column, Contract
from weir.value import LONGEST, NUMBER, cleaned, decimals_of, decimals_of_currency, listed, names_of, text_of

LONGEST_IP = 45
OLDEST = "2000-01-01T00:00:00Z"
MOST_AHEAD = timedelta(days=1)

UNPRINTABLE = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = f"(?:{_OCTET}[.]){{3}}{_OCTET}"
_GROUPS = "[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}"
# RFC 4291, 2.2: eight groups, or at most seven around one `::` (`++`: a group is counted once)
IPV6 = f"(?:[0-9a-f]{{1,4}}:){{7}}[0-9a-f]{{1,4}}|(?!(?::*[0-9a-f]++){{8}})(?:{_GROUPS})?::(?:{_GROUPS})?"
# a variant holds at most 38 digits; a longer number, or one with an exponent, becomes a double, which keeps any
# 15; only a number stands right behind a sign of JSON: the digits of a hash stand behind its quote
_DIGIT = "(?:[0-9][.]?)"
INEXACT = rf"[:,\[\s]-?(?:{_DIGIT}{{39}}|{_DIGIT}{{16}}[0-9.]*[eE][+-]?[0-9]+[\s,}}\]])"

# (reason, predicate); a predicate that is null is not true
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Check:
    """`predicate` (Spark SQL) is true of a row whose `column` fails for `reason`."""

    reason: str
    column: str
    predicate: str


def checks(
    contract: Contract, column: Column, max_ages: Mapping[str, timedelta], mapped: bool
) -> tuple[Check, ...]:
    """What a value of `column` can fail, in order: the first that is true counts.

    max_ages: kind of source -> how long before it was received an event may have occurred. The age of what other
    sources bring says nothing: files, and released copies, whose source is of the kind `release`, bring history.
    mapped: the texts come from a mapping, so nothing is known of their JSON types.
    """
    found = _of_presence(contract, column)
    if not mapped:
        found += _of_json(column)
    found += _OF_TYPE[column.type](column)
    if column.name == OCCURRED_AT:
        found += _of_age(max_ages)
    return tuple(Check(reason, column.name, predicate) for reason, predicate in found)


def failure(of_column: tuple[Check, ...]) -> str:
    """The checks of one column -> SQL of the reason of the first that it fails, null when it fails none."""
    missing = [check for check in of_column if check.reason == "missing"]
    others = [check for check in of_column if check.reason != "missing"]
    absent = f"case when {missing[0].predicate} then 'missing' end" if missing else "null"
    cases = " ".join(f"when {check.predicate} then '{check.reason}'" for check in others)
    return f"case when {text_of(of_column[0].column)} is null then {absent} {cases} end"


def _of_presence(contract: Contract, column: Column) -> Pairs:
    text = text_of(column.name)
    if column.required:
        return [("missing", f"{text} is null")]
    # an amount without its currency is no amount
    needed = [
        f"{text_of(other.name)} is not null" for other in contract.columns if other.currency == column.name
    ]
    if column.required_for:
        needed.append(f"{text_of('event_type')} in ({listed(column.required_for)})")
    return [("missing", f"{text} is null and ({' or '.join(needed)})")] if needed else []


def _of_json(column: Column) -> Pairs:
    text, kind = text_of(column.name), _kind_of_json(column)
    found = [
        ("conflicting_alias", f"{cleaned(column, f'_input.{name}')} <> {text}") for name in column.aliases
    ]
    if column.type in ("money", "units", "integer"):
        found.append(
            ("inexact_number", f"{text} like '%.%' and {kind} = 'DOUBLE' and _body rlike r'{INEXACT}'")
        )
    elif column.type not in ("map", "time", "number", "boolean"):
        # looking at the type is slow: only where the text might not have been a string or integer
        suspicious = rf"{text} rlike r'^(?:[\[{{]|true$|false$|-?[0-9]+[.][0-9]|-?Infinity$)'"
        other = rf"{kind} rlike r'^(?:OBJECT|ARRAY|BOOLEAN|DOUBLE|DECIMAL\([0-9]+,[1-9])'"
        found.append(("wrong_type", f"{suspicious} and {other}"))
    return found


def _kind_of_json(column: Column) -> str:
    *others, last = ((name, f"try_variant_get(_json, '$[0].{name}', 'variant')") for name in names_of(column))
    cases = "".join(f"case when _input.{name} is not null then {value} else " for name, value in others)
    return f"schema_of_variant({cases}{last[1]}{' end' * len(others)})"


def _of_exact(decimals: Callable[[Column], str]) -> Callable[[Column], Pairs]:
    def found(column: Column) -> Pairs:
        text = text_of(column.name)
        below = f"try_cast({text} as double) < 0" if column.type != "integer" else f"{column.name} is null"
        return [
            _too_long(column),
            ("wrong_type", f"not {text} rlike '{NUMBER}'"),
            ("too_small" if column.type == "integer" else "negative", f"{text} like '-%' and {below}"),
            ("too_big", f"{column.name} is null"),
            ("too_many_decimals", f"{decimals_of(text)} > {decimals(column)}"),
            *_of_range(column),
        ]

    return found


def _of_range(column: Column) -> Pairs:
    low, high = column.minimum, column.maximum
    found = [("too_small", f"{column.name} < {_literal(column, low)}")] if low is not None else []
    return [*found, ("too_big", f"{column.name} > {_literal(column, high)}")] if high is not None else found


def _literal(column: Column, number: Decimal) -> str:
    # Spark reads no literal of over 38 digits
    return f"double('{number}')" if column.type == "number" else f"{number:f}"


def _of_number(column: Column) -> Pairs:
    return [
        _too_long(column),
        ("wrong_type", f"not {text_of(column.name)} rlike '{NUMBER}'"),
        ("too_big", f"abs({column.name}) = double('infinity')"),
        *_of_range(column),
    ]


def _of_null(reason: str) -> Callable[[Column], Pairs]:
    return lambda column: [(reason, f"{column.name} is null")]


def _too_long(column: Column) -> tuple[str, str]:
    return ("too_long", f"length({text_of(column.name)}) > {LONGEST}")


def _of_id(column: Column) -> Pairs:
    text = text_of(column.name)
    return [_too_long(column), ("control_character", f"{text} rlike r'{UNPRINTABLE}'")]


def _of_string(column: Column) -> Pairs:
    return [("control_character", f"{text_of(column.name)} rlike r'{CONTROL}'")]


def _of_ip(column: Column) -> Pairs:
    text = text_of(column.name)
    groups = f"regexp_replace(lower({text}), ':{IPV4}$', ':0:0')"
    valid = f"""length({text}) <= {LONGEST_IP} and case
        when instr({text}, ':') = 0 then {text} rlike '^{IPV4}$' else {groups} rlike '^(?:{IPV6})$' end"""
    # Java's $ stands before a last line end, too
    return [("invalid_ip", f"not ({valid}) or {text} rlike r'{UNPRINTABLE}'")]


def _of_time(column: Column) -> Pairs:
    return [
        ("wrong_type", rf"{text_of(column.name)} rlike r'^(?:[\[{{]|true$|false$)'"),
        ("invalid_time", f"{column.name} is null"),
        ("too_old", f"{column.name} < timestamp '{OLDEST}'"),
    ]


def _of_age(max_ages: Mapping[str, timedelta]) -> Pairs:
    in_future = ("in_future", f"{OCCURRED_AT} > received_at + {_interval(MOST_AHEAD)}")
    too_late = (
        f"source like '{kind}:%' and {OCCURRED_AT} < received_at - {_interval(span)}"
        for kind, span in max_ages.items()
    )
    return [in_future, *(("too_late", predicate) for predicate in too_late)]


def _interval(span: timedelta) -> str:
    return f"interval '{span.total_seconds():f}' second"


_OF_TYPE: dict[str, Callable[[Column], Pairs]] = {
    "id": _of_id,
    "address": _of_id,
    "string": _of_string,
    "enum": _of_null("unknown_value"),
    "country": _of_null("unknown_country"),
    "currency": _of_null("unknown_currency"),
    "ip": _of_ip,
    "time": _of_time,
    "money": _of_exact(lambda column: decimals_of_currency(text_of(column.currency or ""))),
    "units": _of_exact(lambda column: "0"),
    "integer": _of_exact(lambda column: "0"),
    "number": _of_number,
    "boolean": _of_null("wrong_type"),
    "map": _of_null("wrong_type"),
}
