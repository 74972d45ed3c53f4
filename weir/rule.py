"""rules.yml -> frozen records: a versioned ruleset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from weir.expression import ExpressionError, parse_condition, parse_expression
from weir.located import Located, closest
from weir.meaning import digest, one_line
from weir.sql_operator import rendered
from weir.sql_term import Term, sql_type

HIGHEST_SCORE = 100
CAP = "cap"
DEFAULT_BANDS = (("allow", 0), ("verify", 31), ("challenge", 61), ("block", 86))
ACTIONS = tuple(action for action, _ in DEFAULT_BANDS)
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
NAME_DIGITS = 6
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where `when` is true it adds points to the score.

    `when` and `points_sql` are Spark SQL as written; weir.judgement makes them safe for both engines. Either
    `points` (1-100) is set or `points_sql`, whose value is kept within 1 and `maximum`; where that value is
    null the rule does not fire. `text` is a template over columns: "{column}".
    """

    name: str
    when: str
    points: int | None
    points_sql: str | None
    maximum: int
    text: str
    description: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of a domain with the lowest score of each action, ascending."""

    domain: str
    version: int
    bands: tuple[tuple[str, int], ...]
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """'payments@8#1f3a9c': domain, number, and the first digits of a hash of rules and bands."""
        return f"{self.domain}@{self.version}#{digest(self.bands, self.rules)[:NAME_DIGITS]}"


def read_ruleset(
    root: Located, domain: str, columns: Mapping[str, str], enums: Mapping[str, Sequence[str]]
) -> Ruleset:
    """A rules.yml -> ruleset; mistakes are noted. columns: what rules may read, name -> Spark SQL type."""
    fields = root.fields(("version", "rules"), ("bands",))
    entries = fields["rules"].items() if "rules" in fields else []
    rules = tuple(_rule(entry, columns, enums) for entry in entries)
    _check_names(entries, rules)
    return Ruleset(
        domain=domain,
        version=fields["version"].integer(1, 2**31 - 1) if "version" in fields else 1,
        bands=_bands(fields["bands"]) if "bands" in fields else DEFAULT_BANDS,
        rules=rules,
    )


def placeholders(text: str) -> list[str]:
    """'{amount} in {currency}' -> ['amount', 'currency']."""
    return PLACEHOLDER.findall(text)


def _rule(entry: Located, columns: Mapping[str, str], enums: Mapping[str, Sequence[str]]) -> Rule:
    fields = entry.fields(("name", "when", "points", "text"), ("description",))
    points, points_sql, maximum = _points(fields["points"], columns) if "points" in fields else (1, None, 1)
    if "when" in fields and (when := fields["when"].sql()):
        _check(fields["when"], lambda: parse_condition(when, columns, enums))
    if "text" in fields:
        _check_text(fields["text"], columns)
    return Rule(
        name=fields["name"].name() if "name" in fields else "",
        when=one_line(fields["when"].plain) if "when" in fields else "",
        points=points,
        points_sql=points_sql,
        maximum=maximum,
        text=fields["text"].plain if "text" in fields else "",
        description=fields["description"].text_or_blank() if "description" in fields else "",
    )


def _points(place: Located, columns: Mapping[str, str]) -> tuple[int | None, str | None, int]:
    if not place.is_mapping:
        points = place.integer(1, HIGHEST_SCORE)
        return points, None, points
    fields = place.fields(("expression", "maximum"))
    maximum = fields["maximum"].integer(1, HIGHEST_SCORE) if "maximum" in fields else HIGHEST_SCORE
    sql = fields["expression"].sql() if "expression" in fields else ""
    if sql:
        expression = _check(fields["expression"], lambda: parse_expression(sql, columns))
        if expression and not expression.type.is_number:
            fields["expression"].refuse(f"'{sql}' is {expression.type.spark}; points are a number")
    return None, one_line(sql), maximum


def _check(place: Located, parse: Callable[[], Read]) -> Read | None:
    """What was read, or None and a mistake at the place."""
    try:
        return parse()
    except ExpressionError as error:
        place.refuse(str(error))
        return None


def _check_text(place: Located, columns: Mapping[str, str]) -> None:
    text = place.text()
    for name in placeholders(text):
        if name not in columns:
            place.refuse(f"text: unknown column '{{{name}}}'{closest(name, columns)}")
        else:
            _check(
                place, lambda kind=columns[name], name=name: rendered(Term(sql_type(kind), "", "", name=name))
            )
    if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
        place.refuse(f"text: a brace without its partner in '{text}'; write {{column}}")


def _check_names(entries: Iterable[Located], rules: Iterable[Rule]) -> None:
    lines: dict[str, int] = {}
    for entry, rule in zip(entries, rules, strict=True):
        if rule.name == CAP:
            entry.refuse(f"'{CAP}' is what brings a sum down to {HIGHEST_SCORE}; choose another name")
        if rule.name and rule.name in lines:
            entry.refuse(
                f"rule '{rule.name}' is there already, in line {lines[rule.name]}; choose another name"
            )
        lines.setdefault(rule.name, entry.line)


def _bands(place: Located) -> tuple[tuple[str, int], ...]:
    """Bands as written, checked: known actions, from 0, ascending, within 0 and the highest score."""
    bands: list[tuple[str, int]] = []
    for key, value in place.entries():
        action, lowest = key.one_of(ACTIONS), value.integer(0, HIGHEST_SCORE)
        if not bands and lowest != 0:
            value.refuse(f"the first band begins at {lowest}; it must begin at 0")
        if bands and lowest <= bands[-1][1]:
            value.refuse(
                f"{action} begins at {lowest}, not above {bands[-1][0]} at {bands[-1][1]}; bands ascend"
            )
        bands.append((action, lowest))
    return tuple(bands) or DEFAULT_BANDS
