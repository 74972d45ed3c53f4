"""What the demo prints at its end: counts from the published marts, and where to look next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weir.settings import settings
from weir.shell import explain_command
from weir.warehouse import sql

Rows = list[dict[str, Any]]
SHOWN = 4

FLOW = """
select domain, parts as messages, scored, quarantined, pending, balanced as "books balance",
    {actions},
    (
        select count(*) from checks
        where checks.domain = books.domain and not success and severity = 'critical'
    ) as "checks failed"
from books order by domain
"""
ACTION = """
    (select count(*) from decisions where decisions.domain = books.domain and action = '{action}') as "{action}"
"""
ACTIONS = "select action from decisions group by action order by min(score)"
REASONS = """
select domain, reason as name, sum(parts) as shown
from quarantine_daily group by all order by shown desc, name
"""
RULES = """
select domain, rule as name, sum(hits) as shown
from rule_hits_daily group by all order by shown desc, name
"""
ATTACKS = """
select domain, attack as name, sum(flagged) || '/' || sum(events) as shown
from attacks_daily group by all order by sum(events) desc, name
"""


def summary() -> Iterator[tuple[str, Rows]]:
    """The published marts -> (title, rows) of each short table; a table without rows says that there is none."""
    actions = ",".join(ACTION.format(action=row["action"]) for row in _rows(ACTIONS))
    yield "every message is scored or quarantined once", _turned(_rows(FLOW.format(actions=actions)))
    yield "most frequent reasons of quarantine", _listed(_rows(REASONS))
    yield "rules that fired most", _listed(_rows(RULES))
    yield "planted attacks, most frequent first: events flagged / all", _listed(_rows(ATTACKS))


def where_to_look() -> Rows:
    """The commands and files to go on with, the top alert among them."""
    top = _rows("select domain, event_id from alerts order by score desc, occurred_at desc limit 1")
    explained = [explain_command(row["domain"], row["event_id"]) for row in top]
    commands = ["make ui", *explained, 'weir sql "select * from alerts order by score desc limit 5"']
    return [{"": command} for command in [*commands, f"xdg-open {settings().docs}/site/index.html"]]


def _rows(query: str) -> Rows:
    return sql(query).records()


def _turned(rows: Rows) -> Rows:
    """One row a domain -> one row a figure, a column a domain."""
    figures = [name for name in (rows[0] if rows else {}) if name != "domain"]
    return [{"": name} | {row["domain"]: row[name] for row in rows} for name in figures]


def _listed(rows: Rows) -> Rows:
    """One row a name, in order -> one row a domain: 'missing 12, not_json 4' and how many more there are."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row["domain"], []).append(f"{row['name']} {row['shown']}")
    shown = {domain: [*parts[:SHOWN], *_more(len(parts) - SHOWN)] for domain, parts in sorted(texts.items())}
    return [{"": domain, " ": ", ".join(parts)} for domain, parts in shown.items()]


def _more(count: int) -> list[str]:
    return [f"{count} more"] if count > 0 else []
