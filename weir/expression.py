"""One expression written in Spark SQL -> the same one, safe on every row, for Spark and for DuckDB.

sqlglot reads it; the nodes of sql_node and the functions of sql_function are allowed and all else is refused.
Both texts are made from one typed tree, so that they answer alike: sql_operator says what arithmetic means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.expressions import Expr as Node

from weir import sql_term
from weir.located import closest
from weir.sql_function import FUNCTIONS
from weir.sql_node import FUNCTION_MARK, term_of
from weir.sql_term import BOOLEAN, NULL, ExpressionError, SqlType, Term

__all__ = ["Expression", "ExpressionError", "parse_condition", "parse_expression"]

SPARK = Dialect.get_or_raise("spark")
WORDS_BEFORE_PARENTHESIS = re.compile(
    "and|or|not|in|between|like|rlike|regexp|case|when|then|else|is|cast|try_cast|distinct|from|div|decimal"
)
SURPRISING_ESCAPE = re.compile(r"\\[^\\'\"ntrbZ0%_]")


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: as written, safe for Spark, safe for DuckDB, what it reads, what it gives."""

    source: str
    spark: str
    duckdb: str
    columns: frozenset[str]
    type: SqlType


def parse_expression(
    sql: str, columns: Mapping[str, str], enums: Mapping[str, Sequence[str]] | None = None
) -> Expression:
    """Spark SQL -> Expression; ExpressionError says what is wrong and what to write instead.

    columns: name -> Spark SQL type of every column it may read. enums: name -> the only values it has.
    """
    try:
        return _expression(sql, columns, enums or {})
    except RecursionError:
        raise ExpressionError(f"'{sql[:60]}...' is too long or nested too deep; make it shorter") from None


def _expression(sql: str, columns: Mapping[str, str], enums: Mapping[str, Sequence[str]]) -> Expression:
    tree = _parsed(sql)
    scope = {
        name: Term(sql_term.sql_type(kind), f"`{name}`", f'"{name}"', None, tuple(enums.get(name, ())), name)
        for name, kind in columns.items()
    }
    term = term_of(tree, scope)
    used = frozenset(column.name for column in tree.find_all(exp.Column))
    return Expression(sql, term.spark, term.duckdb, used, term.type)


def parse_condition(
    sql: str, columns: Mapping[str, str], enums: Mapping[str, Sequence[str]] | None = None
) -> Expression:
    """parse_expression for what must be true or false."""
    expression = parse_expression(sql, columns, enums)
    if expression.type not in (BOOLEAN, NULL):
        raise ExpressionError(
            f"'{sql}' is {expression.type.spark}, not true or false; compare it with a value"
        )
    return expression


def _parsed(sql: str) -> Node:
    try:
        trees = SPARK.parser().parse(_checked_tokens(sql), sql)
    except TokenError:
        raise ExpressionError(f"'{sql}' ends inside a quote or a comment; close it") from None
    except ParseError as error:
        place = error.errors[0]
        near = place["highlight"] or "its end"
        raise ExpressionError(
            f"'{sql}' is not a SQL expression: it fails at '{near}', character {place['col']}"
        ) from None
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError(f"'{sql}' should be one expression" + ("" if sql.strip() else "; write one"))
    return trees[0]


def _checked_tokens(sql: str) -> list[Token]:
    tokens = SPARK.tokenize(sql)
    return [_checked_token(sql, token, after) for token, after in zip_longest(tokens, tokens[1:])]


def _checked_token(sql: str, token: Token, after: Token | None) -> Token:
    written = sql[token.start : token.end + 1]
    if token.token_type == TokenType.STRING and (
        found := SURPRISING_ESCAPE.search(written.replace("\\\\", ""))
    ):
        raise ExpressionError(
            f"{written}: SQL reads {found[0]} without its \\; write \\{found[0]} or r{written}"
        )
    if token.comments:
        raise ExpressionError("a comment in SQL is lost; write it into the description")
    name = token.text.lower()
    is_call = after is not None and after.token_type == TokenType.L_PAREN and re.fullmatch(r"\w+", written)
    if not is_call or written[0].isdigit() or WORDS_BEFORE_PARENTHESIS.fullmatch(name):
        return token
    if name not in FUNCTIONS:
        raise ExpressionError(f"unknown function '{name}'{closest(name, FUNCTIONS)}")
    return Token(TokenType.VAR, FUNCTION_MARK + name, token.line, token.col, token.start, token.end)
