"""The functions that rules and features may call: what each takes and gives, and its text in both dialects.

Each is tested on both engines, on nulls too; a function is added here and to that test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weir import sql_operator, sql_pattern, sql_term
from weir.sql_term import BIGINT, BOOLEAN, DOUBLE, NULL, STRING, ExpressionError, SqlType, Term, both, each


@dataclass(frozen=True, slots=True)
class Template:
    """A function whose text is a template. `takes` names a type for each argument: a SQL type, `day` (date or
    timestamp), `text` (written out, not empty) or `from_1` (a whole number from 1, written out)."""

    takes: tuple[str, ...]
    gives: SqlType
    spark: str
    duckdb: str

    def __call__(self, name: str, arguments: list[Term]) -> Term:
        if len(arguments) != len(self.takes):
            raise ExpressionError(f"{name} takes {len(self.takes)} arguments, not {len(arguments)}")
        pairs = zip(self.takes, arguments, strict=True)
        return each(self.gives, self.spark, self.duckdb, *(_fitted(name, take, term) for take, term in pairs))


def _fitted(name: str, take: str, term: Term) -> Term:
    literal, kind = term.literal, term.type.name
    if take == "from_1" and type(literal) is int and 0 < literal < 2**31:
        return Term(BIGINT, str(literal), str(literal), literal)
    if (take == "text" and isinstance(literal, str) and literal) or (
        take == "day" and kind in ("date", "timestamp")
    ):
        return term
    if take == "double" and term.type.is_number:
        return sql_term.widened(term, DOUBLE)
    if kind == take:
        return term
    if term.type == NULL and take not in ("from_1", "text"):
        return sql_term.widened(term, sql_term.TIMESTAMP if take == "day" else sql_term.sql_type(take))
    wanted = {"from_1": "a whole number from 1, written out", "text": "a text, written out"}
    raise ExpressionError(f"{name} takes {wanted.get(take, take)}, not {term.shown}")


def _same(takes: tuple[str, ...], gives: SqlType, text: str) -> Template:
    return Template(takes, gives, text, text)


def _part_of_time(spark: str, duckdb: str) -> Template:
    return Template(("day",), BIGINT, f"cast({spark} as bigint)", f"cast({duckdb} as bigint)")


def _first_known(name: str, terms: list[Term]) -> Term:
    """coalesce, greatest, least: of one type, nulls passed over."""
    if len(terms) < 2:
        raise ExpressionError(f"{name} takes two arguments or more, not {len(terms)}")
    parts = sql_term.unified(terms, name)
    if parts[0].type.name == "map":
        raise ExpressionError(f"{name} does not take maps")
    inside = ", ".join(f"{{{index}}}" for index in range(len(parts)))
    return both(parts[0].type, f"{name}({inside})", *parts)


def _coalesce(name: str, terms: list[Term]) -> Term:
    return _first_known("coalesce", terms)


def _if(name: str, terms: list[Term]) -> Term:
    if len(terms) != 3 or terms[0].type not in (BOOLEAN, NULL):
        raise ExpressionError(f"{name} takes a condition and two values: {name}(amount > 10, 1, 0)")
    yes, no = sql_term.unified(terms[1:], name)
    return both(yes.type, "case when {0} then {1} else {2} end", terms[0], yes, no)


def _nullif(name: str, terms: list[Term]) -> Term:
    if len(terms) != 2:
        raise ExpressionError(f"nullif takes 2 arguments, not {len(terms)}")
    left, right = sql_term.unified(terms, name)
    return both(left.type, "nullif({0}, {1})", left, right)


def _is_null(name: str, terms: list[Term]) -> Term:
    if len(terms) != 1:
        raise ExpressionError(f"{name} takes 1 argument, not {len(terms)}")
    return both(BOOLEAN, "({0} is null)" if name == "isnull" else "({0} is not null)", terms[0])


def _concat(name: str, terms: list[Term]) -> Term:
    """Null when any part is; DuckDB's own concat passes nulls over."""
    if not terms or any(term.type not in (STRING, NULL) for term in terms):
        shown = ", ".join(term.shown for term in terms)
        raise ExpressionError(f"concat takes text, not {shown or 'nothing'}; cast(x as string)")
    return both(STRING, "(" + " || ".join(f"{{{i}}}" for i in range(len(terms))) + ")", *terms)


def _calculated(operator: str) -> Callable[[str, list[Term]], Term]:
    def call(name: str, terms: list[Term]) -> Term:
        if len(terms) != 2:
            raise ExpressionError(f"{name} takes 2 arguments, not {len(terms)}")
        return sql_operator.calculated(operator, terms[0], terms[1])

    return call


def _abs(name: str, terms: list[Term]) -> Term:
    number = _one_number(name, terms)
    if number.type == DOUBLE:
        return both(DOUBLE, "abs({0})", number)
    # Spark's abs cuts decimals to 34 digits
    negative = sql_operator.negated(number)
    return both(
        negative.type,
        "case when {0} < 0 then {1} else {2} end",
        number,
        negative,
        sql_term.widened(number, negative.type),
    )


def _stepped(name: str, terms: list[Term]) -> Term:
    """floor, ceil -> bigint; null beyond a bigint, where Spark would give the nearest one."""
    number = _one_number(name, terms)
    if number.type == BIGINT:
        return number
    inside = f"case when abs({{0}}) < 9223372036854775808e0 then cast({name}({{0}}) as bigint) end"
    return both(BIGINT, inside, _double(number))


def _round(name: str, terms: list[Term]) -> Term:
    """Half up, of the shortest decimal that is the number; a double of 1e15 and more is null."""
    digits = terms[1].literal if len(terms) == 2 else 0
    if len(terms) not in (1, 2) or type(digits) is not int or not 0 <= digits <= 9:
        raise ExpressionError("round takes a number and how many decimals to keep, 0 to 9 written out")
    number = _one_number(name, terms[:1])
    if number.type == BIGINT or (number.type.name == "decimal" and number.type.scale <= digits):
        return number
    if number.type == DOUBLE:
        return _double(sql_operator.cast(number, sql_term.decimal(38, digits)))
    whole_digits = number.type.precision - number.type.scale
    return sql_operator.cast(number, sql_term.decimal(whole_digits + 1 + digits, digits))


def _double(term: Term) -> Term:
    return sql_term.widened(term, DOUBLE)


def _one_number(name: str, terms: list[Term]) -> Term:
    if len(terms) != 1:
        raise ExpressionError(f"{name} takes 1 argument, not {len(terms)}")
    if terms[0].type == NULL:
        return sql_term.widened(terms[0], BIGINT)
    if not terms[0].type.is_number:
        raise ExpressionError(f"{name} takes a number, not {terms[0].shown}")
    return terms[0]


def _matches(name: str, terms: list[Term]) -> Term:
    if len(terms) != 2:
        raise ExpressionError(f"{name} takes a text and a pattern")
    return sql_pattern.matches(terms[0], terms[1])


_ENTRY = Template(("map", "string"), STRING, "try_element_at({0}, {1})", "{0}[{1}]")
_LOGARITHM = "case when {{0}} > 0 then round({0}({{0}}), 9) end"

FUNCTIONS: dict[str, Callable[[str, list[Term]], Term]] = {
    # nulls and choices
    "coalesce": _coalesce, "ifnull": _coalesce, "nvl": _coalesce, "nullif": _nullif,
    "if": _if, "isnull": _is_null, "isnotnull": _is_null, "greatest": _first_known, "least": _first_known,
    # text; Java lowers these two by the letters around them; all other letters up to Unicode 13 agree
    "lower": Template(("string",), STRING, "lower(translate({0}, 'İΣ', 'iσ'))", "lower({0})"),
    # of spaces only U+0020; by itself DuckDB's cuts all that Unicode knows
    "trim": Template(("string",), STRING, "trim({0})", "trim({0}, ' ')"),
    "length": Template(("string",), BIGINT, "cast(char_length({0}) as bigint)", "length({0})"),
    "left": _same(("string", "from_1"), STRING, "left({0}, {1})"),
    "right": _same(("string", "from_1"), STRING, "right({0}, {1})"),
    "substring": _same(("string", "from_1", "from_1"), STRING, "substring({0}, {1}, {2})"),
    "instr": Template(("string", "text"), BIGINT, "cast(instr({0}, {1}) as bigint)", "instr({0}, {1})"),
    "contains": _same(("string", "string"), BOOLEAN, "contains({0}, {1})"),
    "startswith": Template(("string", "string"), BOOLEAN, "startswith({0}, {1})", "starts_with({0}, {1})"),
    "endswith": Template(("string", "string"), BOOLEAN, "endswith({0}, {1})", "ends_with({0}, {1})"),
    "replace": _same(("string", "text", "string"), STRING, "replace({0}, {1}, {2})"),
    "split_part": _same(("string", "text", "from_1"), STRING, "split_part({0}, {1}, {2})"),
    "concat": _concat, "rlike": _matches, "regexp_like": _matches,
    # numbers
    "abs": _abs, "floor": _stepped, "ceil": _stepped, "round": _round,
    "sqrt": _same(("double",), DOUBLE, "case when {0} >= 0 then sqrt({0}) end"),
    # the last digits of a logarithm differ between mathematical libraries, the ninth decimal does not
    "ln": _same(("double",), DOUBLE, _LOGARITHM.format("ln")),
    "log10": _same(("double",), DOUBLE, _LOGARITHM.format("log10")),
    "mod": _calculated("%"), "try_mod": _calculated("%"), "try_divide": _calculated("/"),
    "try_add": _calculated("+"), "try_subtract": _calculated("-"), "try_multiply": _calculated("*"),
    # time, in UTC
    "year": _part_of_time("year({0})", "year({0})"),
    "month": _part_of_time("month({0})", "month({0})"),
    "day": _part_of_time("day({0})", "day({0})"),
    "dayofweek": _part_of_time("dayofweek({0})", "dayofweek({0}) + 1"),
    "weekday": _part_of_time("weekday({0})", "isodow({0}) - 1"),
    "hour": Template(("timestamp",), BIGINT, "cast(hour({0}) as bigint)", "hour({0})"),
    "minute": Template(("timestamp",), BIGINT, "cast(minute({0}) as bigint)", "minute({0})"),
    "unix_seconds": Template(
        ("timestamp",), BIGINT, "unix_seconds({0})", "cast(floor(epoch_us({0}) / 1000000) as bigint)"
    ),
    "unix_millis": Template(
        ("timestamp",), BIGINT, "unix_millis({0})", "cast(floor(epoch_us({0}) / 1000) as bigint)"
    ),
    "unix_micros": Template(("timestamp",), BIGINT, "unix_micros({0})", "epoch_us({0})"),
    # maps of text
    "element_at": _ENTRY, "try_element_at": _ENTRY,
}  # fmt: skip
