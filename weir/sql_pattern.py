"""Patterns of `like` and `rlike`: written once, checked, and put so that Java and RE2 match the same text.

A pattern is a literal. Regular expressions are what both engines have: no look-around, no back-reference,
no possessive quantifier. `.` matches every character, `^` and `$` the ends of the text, `\\d \\w \\s \\b`
are ASCII, and `(?i)`, only at the front, ignores the case of every alphabet.
"""

from __future__ import annotations

import re

import duckdb

from weir.sql_term import BOOLEAN, STRING, ExpressionError, Term

LIKE = re.compile(r"(?:[^\\]|\\[%_\\])*", re.DOTALL)
PUNCTUATION = r"\\[-\\.^$|?*+()\[\]{}/@#&~'\"!%_:;,<>=`]"
TOKEN = re.compile(
    rf"""(?P<escape>\\[dDwWntr]|{PUNCTUATION})
    |(?P<space>\\[sS]) |(?P<boundary>\\[bB])
    |(?P<class>\[\^?(?:\\[dwsntr]|{PUNCTUATION}|[^\\\[\]&])+\])
    |(?P<group>\((?:\?:)?|\)|\|) |(?P<end>\$)
    |(?P<repeat>(?:[*+?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}})\??(?![*+?{{]))
    |(?P<plain>[^\\\[\](){{}}*+?^$|]|\^)""",
    re.VERBOSE | re.DOTALL,
)
SPACES = r" \t\n\r\f\x0B"
# Java's \b takes every alphabet's letters for words; RE2's takes ASCII
JAVA_BOUNDARY = {r"\b": r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))", r"\B": r"(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))"}


def quoted(text: str) -> tuple[str, str]:
    """Text -> a string literal in Spark and in DuckDB."""
    spark = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{spark}'", "'{}'".format(text.replace("'", "''"))


def like(text: Term, pattern: Term) -> Term:
    """text like pattern -> boolean; `\\` makes a % or _ stand for itself."""
    written = _literal("like", text, pattern)
    if not LIKE.fullmatch(written):
        raise ExpressionError(f"like '{written}': a \\ stands only before %, _ or \\")
    spark, duck = quoted(written)
    return Term(BOOLEAN, f"({text.spark} like {spark})", f"({text.duckdb} like {duck} escape '\\')")


def matches(text: Term, pattern: Term) -> Term:
    """text rlike pattern -> boolean: is the pattern anywhere in the text?"""
    java, re2 = regular_expression(_literal("rlike", text, pattern))
    return Term(
        BOOLEAN, f"({text.spark} rlike {quoted(java)[0]})", f"regexp_matches({text.duckdb}, {quoted(re2)[1]})"
    )


def regular_expression(written: str) -> tuple[str, str]:
    """A pattern -> (for Java, for RE2); ExpressionError names what only one of them has."""
    ignores_case = written.startswith("(?i)")
    rest = written.removeprefix("(?i)")
    java, re2, at = [], [], 0
    while at < len(rest):
        match = TOKEN.match(rest, at)
        if match is None:
            raise ExpressionError(
                f"rlike '{written}': '{rest[at : at + 5]}' is not in every engine's regular expressions;"
                " write . for any character, [...] for a set, \\\\. for a dot itself"
            )
        of_java, of_re2 = _translated(str(match.lastgroup), match[0])
        java.append(of_java)
        re2.append(of_re2)
        at = match.end()
    flags = ("(?siu)", "(?si)") if ignores_case else ("(?s)", "(?s)")
    patterns = flags[0] + "".join(java), flags[1] + "".join(re2)
    _compile(written, patterns[1])
    return patterns


def _translated(kind: str, token: str) -> tuple[str, str]:
    if kind == "boundary":
        return JAVA_BOUNDARY[token], token
    if kind == "end":
        return r"\z", r"\z"
    if kind == "space":
        spaces = f"[{SPACES}]" if token == r"\s" else f"[^{SPACES}]"
        return spaces, spaces
    if kind == "class":
        spaced = token.replace(r"\s", SPACES)
        return spaced, spaced
    return token, token


def _compile(written: str, re2: str) -> None:
    try:
        with duckdb.connect() as connection:
            connection.execute(f"select regexp_matches('', {quoted(re2)[1]})")
    except duckdb.Error as error:
        raise ExpressionError(f"rlike '{written}': {str(error).splitlines()[0]}") from None


def _literal(what: str, text: Term, pattern: Term) -> str:
    if text.type != STRING:
        raise ExpressionError(f"{what} needs text on its left, not {text.shown}")
    if not isinstance(pattern.literal, str):
        raise ExpressionError(f"{what} needs a pattern written out, not {pattern.shown}")
    return pattern.literal
