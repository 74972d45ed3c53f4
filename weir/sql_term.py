"""SQL types, and SQL text in two dialects at once: what expressions are put together from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from weir.error import WeirError

WIDEST = 38
DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
DUCKDB_NAMES = {"string": "varchar", "map": "map(varchar, varchar)", "null": "boolean"}
BIGINT_LIMIT = 2**63


class ExpressionError(WeirError):
    """An expression that is refused: what is wrong with it, and what to write instead."""


@dataclass(frozen=True, slots=True)
class SqlType:
    """boolean, bigint, decimal, double, string, timestamp, date, map (of text to text) or null (any type)."""

    name: str
    precision: int = 0
    scale: int = 0

    @property
    def spark(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        return "map<string,string>" if self.name == "map" else self.name

    @property
    def duckdb(self) -> str:
        return DUCKDB_NAMES.get(self.name, self.spark)

    @property
    def is_number(self) -> bool:
        return self.name in ("bigint", "decimal", "double")


BOOLEAN, BIGINT, DOUBLE = SqlType("boolean"), SqlType("bigint"), SqlType("double")
STRING, TIMESTAMP, DATE, MAP, NULL = (
    SqlType(name) for name in ("string", "timestamp", "date", "map", "null")
)
_SIMPLE = {kind.spark: kind for kind in (BOOLEAN, BIGINT, DOUBLE, STRING, TIMESTAMP, DATE, MAP)}


def decimal(precision: int, scale: int) -> SqlType:
    """decimal(precision, scale), at most 38 digits."""
    return SqlType("decimal", min(precision, WIDEST), scale)


def sql_type(spark: str) -> SqlType:
    """A Spark SQL type's name, such as 'decimal(20,4)' -> SqlType; KeyError for one no column has."""
    match = DECIMAL.fullmatch(spark)
    return decimal(int(match[1]), int(match[2])) if match else _SIMPLE[spark]


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of an expression: its type and its text in both dialects. `literal` is its value when it is
    written out; `values` are the only ones an enum column has."""

    type: SqlType
    spark: str
    duckdb: str
    literal: str | int | float | None = None
    values: tuple[str, ...] = ()
    name: str = ""

    @property
    def shown(self) -> str:
        """For messages: "amount (decimal(20,4))"."""
        what = self.name or (repr(self.literal) if self.literal is not None else "an expression")
        return f"{what} ({self.type.spark})"


def both(kind: SqlType, template: str, *parts: Term) -> Term:
    """The same text in both dialects around the parts: '{0}' is the first."""
    return Term(
        kind,
        template.format(*(part.spark for part in parts)),
        template.format(*(part.duckdb for part in parts)),
    )


def each(kind: SqlType, spark: str, duckdb: str, *parts: Term) -> Term:
    """A text of its own for each dialect around the parts."""
    return Term(
        kind, spark.format(*(part.spark for part in parts)), duckdb.format(*(part.duckdb for part in parts))
    )


def as_decimal(term: Term) -> SqlType:
    """The smallest decimal type that holds every value of a bigint or decimal term."""
    if term.type.name == "decimal":
        return term.type
    return decimal(len(str(abs(term.literal))) if isinstance(term.literal, int) else 19, 0)


def widest(terms: Iterable[Term]) -> SqlType | None:
    """The type that all terms can be compared in, or None: text is not compared with numbers."""
    known = [term for term in terms if term.type != NULL]
    kinds = {term.type for term in known}
    if len(kinds) <= 1:
        return kinds.pop() if kinds else NULL
    if not all(kind.is_number for kind in kinds):
        return None
    if DOUBLE in kinds:
        return DOUBLE
    decimals = [as_decimal(term) for term in known]
    scale = max(kind.scale for kind in decimals)
    return decimal(max(kind.precision - kind.scale for kind in decimals) + scale, scale)


def widened(term: Term, kind: SqlType) -> Term:
    """The term in a wider type; null where a decimal does not fit 38 digits."""
    if term.type == kind:
        return term
    if term.type == NULL:
        return Term(kind, f"cast(null as {kind.spark})", f"cast(null as {kind.duckdb})")
    if kind == DOUBLE and term.type.name == "decimal":
        # DuckDB rounds twice on its direct way from a wide decimal to a double
        return each(DOUBLE, "cast({0} as double)", "cast(cast({0} as varchar) as double)", term)
    return replace(narrowed(term, kind), literal=term.literal)


def narrowed(term: Term, kind: SqlType) -> Term:
    """A number as another type of number, null where it does not fit."""
    return each(kind, f"try_cast({{0}} as {kind.spark})", f"try(try_cast({{0}} as {kind.duckdb}))", term)


def unified(terms: list[Term], what: str) -> list[Term]:
    """The terms in one type; ExpressionError when they have none."""
    kind = widest(terms)
    if kind is None:
        shown = " and ".join(dict.fromkeys(term.shown for term in terms if term.type != NULL))
        raise ExpressionError(f"{what} needs values of one type, not {shown}; cast one, or mend the literal")
    return [widened(term, kind) for term in terms]
