"""Rules as SQL for both engines: does each fire, with how many points, and why in words?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weir import sql_term
from weir.expression import Expression, parse_expression
from weir.pack import Pack
from weir.rule import PLACEHOLDER, Rule
from weir.sql_function import FUNCTIONS
from weir.sql_operator import cast, rendered
from weir.sql_pattern import quoted
from weir.sql_term import BIGINT, BOOLEAN, NULL, STRING, SqlType, Term, sql_type

UNKNOWN = "unknown"
INT = SqlType("int")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rule: `fires` (boolean; null is no), `points` (int, not null where it fires), `text`, and the
    columns that they read."""

    rule: str
    fires: Term
    points: Term
    text: Term
    columns: frozenset[str]


def judgements(pack: Pack) -> tuple[Judgement, ...]:
    """The pack's rules as SQL, in order."""
    columns = pack.columns
    return tuple(_judgement(rule, columns) for rule in pack.ruleset.rules)


def _judgement(rule: Rule, columns: Mapping[str, str]) -> Judgement:
    when = parse_expression(rule.when, columns)
    fires, points = _term(when, BOOLEAN), Term(INT, str(rule.points), str(rule.points))
    text, read = _text(rule.text, columns)
    read |= when.columns
    if rule.points_sql is not None:
        weight = parse_expression(rule.points_sql, columns)
        weighed = _term(weight, BIGINT)
        fires = sql_term.both(BOOLEAN, "({0} and ({1} is not null))", fires, weighed)
        points = _bounded(weighed, rule.maximum)
        read |= weight.columns
    return Judgement(rule.name, fires, points, text, read)


def _term(expression: Expression, type_of_null: SqlType) -> Term:
    term = Term(expression.type, expression.spark, expression.duckdb)
    return sql_term.widened(term, type_of_null) if expression.type == NULL else term


def _bounded(points: Term, maximum: int) -> Term:
    """Points within 1 and the maximum, then rounded half up: bounded first, none is too big for an int."""
    lowest, highest = (Term(BIGINT, f"{bound}L", f"{bound}::bigint", bound) for bound in (1, maximum))
    raised = FUNCTIONS["greatest"]("greatest", [points, lowest])
    bounded = FUNCTIONS["least"]("least", [raised, highest])
    return sql_term.both(INT, "cast({0} as int)", cast(FUNCTIONS["round"]("round", [bounded]), BIGINT))


def _text(template: str, columns: Mapping[str, str]) -> tuple[Term, frozenset[str]]:
    """A template -> text with its columns' values, `unknown` for null; and the columns."""
    parts, names = [], []
    for at, piece in enumerate(PLACEHOLDER.split(template)):
        if at % 2:
            names.append(piece)
            value = rendered(Term(sql_type(columns[piece]), f"`{piece}`", f'"{piece}"', name=piece))
            parts.append(sql_term.both(STRING, f"coalesce({{0}}, '{UNKNOWN}')", value))
        elif piece:
            parts.append(Term(STRING, *quoted(piece)))
    return FUNCTIONS["concat"]("concat", parts), frozenset(names)
