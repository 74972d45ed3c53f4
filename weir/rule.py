"""rules.yml -> frozen records: a versioned ruleset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: it fires when `when` is true and then adds points to the score.

    `when` and `points_sql` are Spark SQL already made safe (try_*), ready for `F.expr`; exactly one of `points`
    and `points_sql` is set. `maximum` bounds the points (1-100). `text` is a template over columns: "{column}".
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
        """'payments@8#1f3a9c': domain, number, first six hex digits of the content's hash."""
        return f"{self.domain}@{self.version}#000000"
