"""The text of a value -> Spark SQL of the value itself, exact or null."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from weir.contract import MINOR_SUFFIX, Column, Contract
from weir.iso import COUNTRIES, CURRENCIES, DECIMALS, DEFAULT_DECIMALS
from weir.message import literal, too_deep

LONGEST = 256  # characters of an id or a number
NUMBER = r"^-?[0-9]++(?:[.][0-9]++)?(?:[eE][+-]?[0-9]{1,4})?$"
_ZONE = "[Zz]|[+-][0-9]{2}:[0-9]{2}"
RFC_3339 = (
    f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.][0-9]++)?(?:{_ZONE})?$"
)
# an epoch below the bound counts units of which a microsecond is so many: each covers 1973 to 5138
EPOCHS = ((10**11, 10**6), (10**14, 10**3), (10**17, 1))


def text_of(name: str) -> str:
    """A column's name -> the name of the column that holds its text."""
    return f"_text_{name}"


def names_of(column: Column) -> tuple[str, ...]:
    """The names a message may give the column by."""
    return (column.name, *column.aliases)


def listed(values: Iterable[str]) -> str:
    """Texts -> a list of SQL literals."""
    return ", ".join(map(literal, values))


def texts_of_json(contract: Contract) -> dict[str, str]:
    """Contract -> {column: SQL of its text} over `_input`, the struct of the message's fields."""
    return {
        column.name: f"coalesce({', '.join(cleaned(column, f'_input.{name}') for name in names_of(column))})"
        for column in contract.columns
    }


def cleaned(column: Column, text: str) -> str:
    """SQL of a text as received -> of the text to judge: blank is null, ids and strings keep outer spaces."""
    if column.type in ("id", "string"):
        return f"case when trim({text}) <> '' then {text} end"
    return f"nullif(trim({text}), '')"


def typed_values(contract: Contract) -> dict[str, str]:
    """Contract -> {column of the event: SQL of its value}, in order; null where the text is no such value."""
    values: dict[str, str] = {}
    for column in contract.columns:
        values[column.name] = _value(column)
        if column.type == "money":
            values[column.name + MINOR_SUFFIX] = _minor_units(column, values[column.name])
    return values


def _value(column: Column) -> str:
    text = text_of(column.name)
    codes = column.values or _CODES.get(column.type)
    if codes:
        return f"case when {text} in ({listed(sorted(codes))}) then {text} end"
    return _READERS.get(column.type, _exact(column.spark_type))(text)


def decimals_of(text: str) -> str:
    """SQL of a number's text -> SQL of how many decimals it needs: '1.50' -> 1, '1e-3' -> 3."""
    plain = (
        "case when instr({0}, '.') > 0 then length(trim(trailing '0' from {0})) - instr({0}, '.') else 0 end"
    )
    mantissa, exponent = f"regexp_extract({text}, '^[^eE]*', 0)", f"regexp_extract({text}, '[eE](.*)$', 1)"
    return f"""case when {text} rlike '[eE]'
        then greatest(0, {plain.format(mantissa)} - cast({exponent} as int)) else {plain.format(text)} end"""


def decimals_of_currency(currency: str) -> str:
    """SQL of a currency's code -> SQL of the decimals an amount in it may have."""
    kinds = sorted(set(DECIMALS.values()))
    codes = {kind: [code for code in sorted(CURRENCIES) if DECIMALS.get(code) == kind] for kind in kinds}
    cases = " ".join(f"when {currency} in ({listed(codes[kind])}) then {kind}" for kind in kinds)
    return f"case {cases} else {DEFAULT_DECIMALS} end"


def _minor_units(column: Column, value: str) -> str:
    currency = text_of(column.currency or "")
    powers = ", ".join(str(10**count) for count in range(max(DECIMALS.values()) + 1))
    factor = f"element_at(array({powers}), 1 + {decimals_of_currency(currency)})"
    return f"case when {currency} is not null then try_cast({value} * {factor} as bigint) end"


def _exact(type_: str) -> Callable[[str], str]:
    return lambda text: f"try_cast({_bounded(text)} as {type_})"


def _bounded(text: str) -> str:
    # reading a decimal takes time by the square of its digits: a megabyte of them would take minutes
    return f"case when length({text}) <= {LONGEST} then {text} end"


def _integer(text: str) -> str:
    # 1.0 and 1e3 are whole numbers too
    return f"try_cast(try_cast({_bounded(text)} as decimal(38,0)) as bigint)"


def _boolean(text: str) -> str:
    word = f"lower({text})"
    return f"case when {word} in ('true', '1') then true when {word} in ('false', '0') then false end"


def _time(text: str) -> str:
    number = f"try_cast({text} as decimal(24,6))"
    cases = " ".join(f"when abs({number}) < {bound} then {number} * {scale}" for bound, scale in EPOCHS)
    return f"""case when length({text}) > {LONGEST} then null
        when {text} rlike '{NUMBER}' then timestamp_micros(try_cast(case {cases} end as bigint))
        when {text} rlike '{RFC_3339}' then try_cast(upper({text}) as timestamp) end"""


def _map(text: str) -> str:
    # the text may come from a string that holds JSON, whose depth the message's own did not show
    json = f"case when not {too_deep(text)} then try_parse_json({text}) end"
    return f"try_variant_get({json}, '$', 'map<string,string>')"


def _as_is(text: str) -> str:
    return text


def _lower(text: str) -> str:
    return f"lower({text})"


_CODES = {"country": COUNTRIES, "currency": CURRENCIES}
_READERS: dict[str, Callable[[str], str]] = {
    "id": _as_is,
    "string": _as_is,
    "address": _lower,
    "ip": _lower,
    "integer": _integer,
    "boolean": _boolean,
    "time": _time,
    "map": _map,
}
