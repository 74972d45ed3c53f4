"""The tree of an expression -> a Term: every kind of node that is allowed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from sqlglot import exp
from sqlglot.expressions import Expr as Node

from weir import sql_operator, sql_pattern, sql_term
from weir.located import closest
from weir.sql_function import FUNCTIONS
from weir.sql_term import (
    BIGINT,
    BIGINT_LIMIT,
    BOOLEAN,
    DATE,
    DOUBLE,
    MAP,
    NULL,
    STRING,
    TIMESTAMP,
    ExpressionError,
    Term,
)

FUNCTION_MARK = "function "  # no function of sqlglot's is named so: it must not give them meanings of its own
OTHER_NAMES = {"int": "bigint", "integer": "bigint", "long": "bigint", "float": "double", "text": "string"}

Scope = Mapping[str, Term]
Handler = Callable[[Node, Scope], Term]


def term_of(node: Node, scope: Scope) -> Term:
    """A node -> its Term; every argument of a node must be one its handler knows."""
    entry = NODES.get(type(node))
    if entry is None:
        raise ExpressionError(f"'{node.sql('spark')}' has no place in an expression over one event's columns")
    known, handle = entry
    strange = [name for name, value in node.args.items() if value and name not in known]
    if strange:
        raise ExpressionError(f"'{node.sql('spark')}': {strange[0]} is not supported here")
    return handle(node, scope)


def _sides(node: Node, scope: Scope) -> tuple[Term, Term]:
    return term_of(node.this, scope), term_of(node.expression, scope)


def _column(node: Node, scope: Scope) -> Term:
    if node.name not in scope:
        raise ExpressionError(f"unknown column '{node.name}'{closest(node.name, scope)}")
    return scope[node.name]


def _literal(node: Node, scope: Scope) -> Term:
    text = str(node.this)
    if isinstance(node, exp.RawString) or node.is_string:
        return Term(STRING, *sql_pattern.quoted(text), literal=text)
    return _number(text)


def _number(text: str) -> Term:
    if re.fullmatch(r"-?\d+", text):
        value = int(text)
        if -BIGINT_LIMIT <= value < BIGINT_LIMIT:
            return Term(BIGINT, f"cast({value} as bigint)", f"cast({value} as bigint)", value)
    if "e" in text.lower():
        return Term(DOUBLE, f"cast('{text}' as double)", f"cast('{text}' as double)", float(text))
    whole, _, fraction = text.lstrip("-0").partition(".")
    if len(whole) + len(fraction) > sql_term.WIDEST:
        raise ExpressionError(f"{text} has over {sql_term.WIDEST} digits; write it as {float(text):g}")
    kind = sql_term.decimal(max(len(whole) + len(fraction), 1), len(fraction))
    return Term(kind, f"cast('{text}' as {kind.spark})", f"cast('{text}' as {kind.duckdb})", float(text))


def _negative(node: Node, scope: Scope) -> Term:
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        return _number(f"-{node.this.this}")
    return sql_operator.negated(term_of(node.this, scope))


def _boolean(node: Node, scope: Scope) -> Term:
    text = "true" if node.this else "false"
    return Term(BOOLEAN, text, text)


def _null(node: Node, scope: Scope) -> Term:
    return Term(NULL, "null", "null")


def _joined(word: str) -> Handler:
    def handle(node: Node, scope: Scope) -> Term:
        parts = [_condition(word, side) for side in _sides(node, scope)]
        return sql_term.both(BOOLEAN, f"({{0}} {word} {{1}})", *parts)

    return handle


def _not(node: Node, scope: Scope) -> Term:
    return _inverted(_condition("not", term_of(node.this, scope)))


def _inverted(term: Term) -> Term:
    return sql_term.both(BOOLEAN, "(not {0})", term)


def _compared(operator: str) -> Handler:
    return lambda node, scope: sql_operator.compared(operator, *_sides(node, scope))


def _calculated(operator: str) -> Handler:
    return lambda node, scope: sql_operator.calculated(operator, *_sides(node, scope))


def _distinct(node: Node, scope: Scope) -> Term:
    return _inverted(sql_operator.compared("<=>", *_sides(node, scope)))


def _is(node: Node, scope: Scope) -> Term:
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise ExpressionError(f"'{node.sql('spark')}': only is null, is true and is false")
    term = term_of(node.this, scope)
    checked = term if isinstance(node.expression, exp.Null) else _condition("is", term)
    return sql_term.both(BOOLEAN, "({0} is {1})", checked, term_of(node.expression, scope))


def _between(node: Node, scope: Scope) -> Term:
    children = (node.this, node.args["low"], node.args["high"])
    parts = sql_term.unified([term_of(child, scope) for child in children], "between")
    return sql_term.both(BOOLEAN, "({0} between {1} and {2})", *parts)


def _in(node: Node, scope: Scope) -> Term:
    if not node.expressions:
        raise ExpressionError(f"'{node.sql('spark')}': in takes a list of values: in (1, 2)")
    return sql_operator.listed(
        term_of(node.this, scope), [term_of(child, scope) for child in node.expressions]
    )


def _like(node: Node, scope: Scope) -> Term:
    term = sql_pattern.like(*_sides(node, scope))
    return _inverted(term) if node.args.get("negate") else term


def _case(node: Node, scope: Scope) -> Term:
    subject = term_of(node.this, scope) if node.this else None
    branches = node.args["ifs"]
    default = node.args.get("default")
    conditions = [
        sql_operator.compared("=", subject, term_of(branch.this, scope))
        if subject
        else _condition("when", term_of(branch.this, scope))
        for branch in branches
    ]
    values = [term_of(branch.args["true"], scope) for branch in branches] + [
        term_of(default, scope) if default else Term(NULL, "null", "null")
    ]
    results = sql_term.unified(values, "case")
    count = len(conditions)
    whens = " ".join(f"when {{{index}}} then {{{count + index}}}" for index in range(count))
    return sql_term.both(results[0].type, f"case {whens} else {{{2 * count}}} end", *conditions, *results)


def _cast(node: Node, scope: Scope) -> Term:
    target = node.args["to"].sql("spark").lower()
    if target in ("timestamp", "date") and isinstance(node.this, exp.Literal):
        return _moment(target, str(node.this.this))
    try:
        kind = sql_term.sql_type("decimal(10,0)" if target == "decimal" else target.replace(" ", ""))
    except KeyError:
        mend = (
            f"; write {OTHER_NAMES[target]}"
            if target in OTHER_NAMES
            else "; write bigint, decimal(20,4), double, string or date"
        )
        raise ExpressionError(f"no cast to {target}{mend}") from None
    return sql_operator.cast(term_of(node.this, scope), kind)


def _moment(target: str, text: str) -> Term:
    """timestamp '2026-01-31 12:00:00' (UTC unless it says otherwise), date '2026-01-31'."""
    try:
        if target == "date":
            day = date.fromisoformat(text)
            return Term(DATE, f"date '{day}'", f"date '{day}'")
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise ExpressionError(f"{target} '{text}' is none; write timestamp '2026-01-31 12:00:00'") from None
    written = utc.replace(tzinfo=None).isoformat(sep=" ")
    return Term(TIMESTAMP, f"timestamp '{written}Z'", f"timestamp '{written}'")


def _entry(node: Node, scope: Scope) -> Term:
    term, keys = term_of(node.this, scope), node.expressions
    if term.type != MAP or len(keys) != 1:
        raise ExpressionError(
            f"{term.shown} is not a map; only a map has entries, as in metadata['campaign']"
        )
    return FUNCTIONS["element_at"]("[ ]", [term, term_of(keys[0], scope)])


def _call(node: Node, scope: Scope) -> Term:
    name = node.name.removeprefix(FUNCTION_MARK)
    return FUNCTIONS[name](name, [term_of(child, scope) for child in node.expressions])


def _condition(word: str, term: Term) -> Term:
    if term.type not in (BOOLEAN, NULL):
        raise ExpressionError(f"{word} needs a condition, not {term.shown}; compare it with a value")
    return sql_term.widened(term, BOOLEAN)


_TWO = ("this", "expression")
NODES: dict[type, tuple[tuple[str, ...], Handler]] = {
    exp.Column: (("this",), _column),
    exp.Literal: (("this", "is_string"), _literal),
    exp.RawString: (("this",), _literal),
    exp.Boolean: (("this",), _boolean),
    exp.Null: ((), _null),
    exp.Paren: (("this",), lambda node, scope: term_of(node.this, scope)),
    exp.And: (_TWO, _joined("and")),
    exp.Or: (_TWO, _joined("or")),
    exp.Not: (("this",), _not),
    exp.Neg: (("this",), _negative),
    exp.EQ: (_TWO, _compared("=")),
    exp.NEQ: (_TWO, _compared("<>")),
    exp.GT: (_TWO, _compared(">")),
    exp.GTE: (_TWO, _compared(">=")),
    exp.LT: (_TWO, _compared("<")),
    exp.LTE: (_TWO, _compared("<=")),
    exp.NullSafeEQ: (_TWO, _compared("<=>")),
    exp.NullSafeNEQ: (_TWO, _distinct),
    exp.Add: (_TWO, _calculated("+")),
    exp.Sub: (_TWO, _calculated("-")),
    exp.Mul: (_TWO, _calculated("*")),
    exp.Div: ((*_TWO, "typed", "safe"), _calculated("/")),
    exp.Mod: (_TWO, _calculated("%")),
    exp.DPipe: ((*_TWO, "safe"), lambda node, scope: FUNCTIONS["concat"]("||", list(_sides(node, scope)))),
    exp.Is: (_TWO, _is),
    exp.Between: (("this", "low", "high"), _between),
    exp.In: (("this", "expressions"), _in),
    exp.Like: ((*_TWO, "negate"), _like),
    exp.RegexpLike: (_TWO, lambda node, scope: sql_pattern.matches(*_sides(node, scope))),
    exp.Case: (("this", "ifs", "default"), _case),
    exp.Cast: (("this", "to"), _cast),
    exp.TryCast: (("this", "to", "safe"), _cast),
    exp.Bracket: (("this", "expressions"), _entry),
    exp.Anonymous: (("this", "expressions"), _call),
}
