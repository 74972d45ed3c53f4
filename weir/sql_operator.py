"""Operators and casts as Terms: text that means the same in Spark and DuckDB and never fails on a row.

Whole numbers overflow to null, a division by zero is null. Decimals are exact while the result has at most
six decimals or fits 38 digits, and null where it does not fit; else, as after `/`, the result is a double.

In DuckDB a cast is both `try` and `try_cast`: a try_cast alone that is compared with a constant is optimized
away, and with it its null; and out of a try alone the optimizer moves what fails if it stands elsewhere, too.
"""

from __future__ import annotations

from weir import sql_term
from weir.located import closest
from weir.sql_term import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    NULL,
    STRING,
    TIMESTAMP,
    ExpressionError,
    SqlType,
    Term,
)

TRY = {"+": "try_add", "-": "try_subtract", "*": "try_multiply"}
KEPT_DECIMALS = 6  # Spark keeps this many decimals of a result wider than 38 digits
INTEGER_TEXT = "^[+-]?[0-9]{1,19}$"
NUMBER_TEXT = "^[+-]?[0-9]{1,38}([.][0-9]{1,38})?$"
DOUBLE_TEXT = "^[+-]?[0-9]{1,38}([.][0-9]{1,38})?([eE][+-]?[0-9]{1,2})?$"


def compared(operator: str, left: Term, right: Term) -> Term:
    """left = < <= > >= <> <=> right -> boolean."""
    _check_enum(left, right)
    _check_enum(right, left)
    parts = sql_term.unified([left, right], operator)
    if parts[0].type.name == "map":
        raise ExpressionError(f"{left.shown} is a map; compare one entry: {left.name or 'it'}['key']")
    if operator == "<=>":
        return sql_term.each(BOOLEAN, "({0} <=> {1})", "({0} is not distinct from {1})", *parts)
    return sql_term.both(BOOLEAN, f"({{0}} {operator} {{1}})", *parts)


def listed(needle: Term, stack: list[Term]) -> Term:
    """needle in (stack) -> boolean."""
    for straw in stack:
        _check_enum(needle, straw)
    parts = sql_term.unified([needle, *stack], "in")
    inside = ", ".join(f"{{{index}}}" for index in range(1, len(parts)))
    return sql_term.both(BOOLEAN, f"({{0}} in ({inside}))", *parts)


def calculated(operator: str, left: Term, right: Term) -> Term:
    """left + - * / % right -> number of the operands' type; `/` always a double."""
    parts = [_number(operator, left), _number(operator, right)]
    kinds = {part.type for part in parts}
    if operator == "/" or DOUBLE in kinds:
        return _calculated_in_doubles(operator, *parts)
    if operator == "%":
        return _remainder(*sql_term.unified(parts, "%"))
    if kinds == {BIGINT}:
        return sql_term.each(
            BIGINT,
            f"{TRY[operator]}({{0}}, {{1}})",
            f"try(try_cast(cast({{0}} as hugeint) {operator} cast({{1}} as hugeint) as bigint))",
            *parts,
        )
    return _calculated_in_decimals(operator, *parts)


def negated(term: Term) -> Term:
    """-term; null for the one bigint that has no positive twin."""
    number = _number("-", term)
    if number.type == DOUBLE:
        return sql_term.both(DOUBLE, "(-{0})", number)
    return calculated("-", Term(BIGINT, "0L", "0::bigint", 0), number)


def cast(term: Term, kind: SqlType) -> Term:
    """cast(term as kind) -> null where the value has no such form; text must be a number without spaces."""
    source, target = term.type.name, kind.name
    if term.type == kind:
        return term
    if term.type == NULL or (kind == DOUBLE and term.type.is_number):
        return sql_term.widened(term, kind)
    if target == "decimal" and source in ("bigint", "decimal"):
        return sql_term.narrowed(term, kind)
    if (source, target) == ("timestamp", "date"):
        return sql_term.both(DATE, "cast({0} as date)", term)
    if source == "string" and kind.is_number:
        return _number_of_text(term, kind)
    if target == "string":
        return rendered(term) if source not in ("double", "decimal") else _refused_cast(term, kind)
    if kind == BIGINT:
        return _whole(term)
    if source == "double" and target == "decimal":
        return _decimal_of_double(term, kind)
    return _refused_cast(term, kind)


def rendered(term: Term) -> Term:
    """Any value as people read it: no trailing zeros, doubles to 4 decimals, times to the second."""
    name = term.type.name
    if name == "string":
        return term
    if name == "double":
        return rendered(cast(term, sql_term.decimal(38, 4)))
    if name == "decimal" and term.type.scale:
        whole = sql_term.widened(term, sql_term.decimal(38, term.type.scale))
        spark = "trim(trailing '.' from trim(trailing '0' from cast({0} as string)))"
        return sql_term.each(STRING, spark, "rtrim(rtrim(cast({0} as varchar), '0'), '.')", whole)
    if name == "timestamp":
        return sql_term.each(
            STRING, "date_format({0}, 'yyyy-MM-dd HH:mm:ss')", "strftime({0}, '%Y-%m-%d %H:%M:%S')", term
        )
    if name == "map":
        raise ExpressionError(f"{term.shown} has no text of its own; take one entry: {term.name}['key']")
    return sql_term.each(STRING, "cast({0} as string)", "cast({0} as varchar)", term)


def _calculated_in_doubles(operator: str, left: Term, right: Term) -> Term:
    parts = (sql_term.widened(left, DOUBLE), sql_term.widened(right, DOUBLE))
    if operator == "/":
        return sql_term.each(DOUBLE, "try_divide({0}, {1})", "({0} / nullif({1}, 0))", *parts)
    if operator == "%":
        return sql_term.each(DOUBLE, "try_mod({0}, {1})", "({0} % nullif({1}, 0))", *parts)
    return sql_term.each(DOUBLE, f"{TRY[operator]}({{0}}, {{1}})", f"({{0}} {operator} {{1}})", *parts)


def _calculated_in_decimals(operator: str, left: Term, right: Term) -> Term:
    first, second = sql_term.as_decimal(left), sql_term.as_decimal(right)
    if operator == "*":
        scale, precision = first.scale + second.scale, first.precision + second.precision + 1
    else:
        scale = max(first.scale, second.scale)
        precision = max(first.precision - first.scale, second.precision - second.scale) + scale + 1
    if precision > sql_term.WIDEST and scale > KEPT_DECIMALS:
        return _calculated_in_doubles(operator, left, right)
    kind = sql_term.decimal(precision, scale)
    return sql_term.each(
        kind,
        f"{TRY[operator]}({{0}}, {{1}})",
        f"try(try_cast({{0}} {operator} {{1}} as {kind.duckdb}))",
        sql_term.widened(left, first),
        sql_term.widened(right, second),
    )


def _remainder(left: Term, right: Term) -> Term:
    if left.type == BIGINT:
        duckdb = "try(try_cast(cast({0} as hugeint) % nullif({1}, 0) as bigint))"
        return sql_term.each(BIGINT, "try_mod({0}, {1})", duckdb, left, right)
    return sql_term.each(left.type, "try_mod({0}, {1})", "({0} % nullif({1}, 0))", left, right)


def _number_of_text(term: Term, kind: SqlType) -> Term:
    # each engine reads some text as a number that the other does not: spaces, underscores, 'nan', '1e3'
    form = {"bigint": INTEGER_TEXT, "decimal": NUMBER_TEXT, "double": DOUBLE_TEXT}[kind.name]
    spark = f"case when {{0}} rlike '{_braced(form[:-1])}\\\\z' then try_cast({{0}} as {kind.spark}) end"
    duckdb = f"case when regexp_matches({{0}}, '{_braced(form)}') then try_cast({{0}} as {kind.duckdb}) end"
    return sql_term.each(kind, spark, duckdb, term)


def _decimal_of_double(term: Term, kind: SqlType) -> Term:
    """Rounded half up from the shortest decimal that is the double; null from 1e15 on, where it has none."""
    text = "cast({0} as varchar)"
    # Spark goes by way of text; so must DuckDB, which rounds small text with an exponent up, hence two steps
    duckdb = (
        f"case when abs({{0}}) < 1e-4 then try(try_cast(try_cast({text} as decimal(38,30)) as {kind.duckdb}))"
        f" when abs({{0}}) < 1e15 then try_cast({text} as {kind.duckdb}) end"
    )
    spark = f"case when abs({{0}}) < 1e15 then try_cast({{0}} as {kind.spark}) end"
    return sql_term.each(kind, spark, duckdb, term)


def _whole(term: Term) -> Term:
    """A boolean as 0 or 1; a decimal or double without its fraction, null beyond a bigint."""
    if term.type == BOOLEAN:
        return sql_term.both(BIGINT, "cast({0} as bigint)", term)
    if term.type.name == "decimal":
        return sql_term.each(BIGINT, "try_cast({0} as bigint)", "try(try_cast(trunc({0}) as bigint))", term)
    if term.type == DOUBLE:
        # 2^63 itself is a double but no bigint: Spark would give the greatest bigint instead
        inside = "case when {0} < 9223372036854775808e0 then "
        return sql_term.each(
            BIGINT,
            f"{inside}try_cast({{0}} as bigint) end",
            f"{inside}try(try_cast(trunc({{0}}) as bigint)) end",
            term,
        )
    return _refused_cast(term, BIGINT)


def _refused_cast(term: Term, kind: SqlType) -> Term:
    mends = {STRING: "round(x, 2) in a text needs none", TIMESTAMP: "only a literal: timestamp '2026-01-31'"}
    mend = mends.get(kind, "unix_seconds(x) makes a time a number" if term.type in (TIMESTAMP, DATE) else "")
    raise ExpressionError(f"no cast from {term.shown} to {kind.spark}" + (f"; {mend}" if mend else ""))


def _number(operator: str, term: Term) -> Term:
    if term.type == NULL:
        return sql_term.widened(term, BIGINT)
    if term.type.is_number:
        return term
    mend = (
        "compare unix_seconds(x), a number"
        if term.type in (TIMESTAMP, DATE)
        else f"cast({term.name or 'x'} as double) reads a number from text"
    )
    raise ExpressionError(f"{operator} needs numbers, not {term.shown}; {mend}")


def _check_enum(column: Term, literal: Term) -> None:
    if column.values and isinstance(literal.literal, str) and literal.literal not in column.values:
        mend = closest(literal.literal, column.values)
        raise ExpressionError(f"{column.name} is never '{literal.literal}'{mend}")


def _braced(text: str) -> str:
    """Braces doubled: the text goes through str.format."""
    return text.replace("{", "{{").replace("}", "}}")
