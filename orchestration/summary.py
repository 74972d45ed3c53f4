"""What the demo prints at its end: counts from the published marts, and where to look next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weir.settings import settings
from weir.warehouse import sql

Rows = list[dict[str, Any]]

FLOW = """
select domain, parts as messages, scored, quarantined, pending, balanced as balances
from books order by domain
"""
REASONS = """
select domain, reason, sum(parts) as quarantined
from quarantine_daily group by all order by domain, quarantined desc
"""
ACTIONS = """
select domain, action, count(*) as events from decisions group by all order by domain, min(score)
"""
RULES = """
select domain, rule, sum(hits) as hits
from rule_hits_daily group by domain, rule
qualify row_number() over (partition by domain order by sum(hits) desc) <= 5
order by domain, hits desc
"""
ATTACKS = """
select domain, attack, sum(events) as events, sum(flagged) as flagged, round(100.0 * sum(flagged) / sum(events)) as percent
from attacks_daily group by all order by domain, attack
"""
FAILED = """
select domain, table_name, check_name, observed from checks where not success order by all
"""


def summary() -> Iterator[tuple[str, Rows]]:
    """The published marts -> (title, rows) of each short table; a table without rows says that there is none."""
    yield "messages: each is scored or quarantined once", _rows(FLOW)
    yield "quarantined, by reason", _joined(_rows(REASONS), "reason", "quarantined")
    yield "actions", _joined(_rows(ACTIONS), "action", "events")
    yield "top rules, with their hits", _joined(_rows(RULES), "rule", "hits")
    yield "planted attacks: events flagged, of all", _rows(ATTACKS)
    yield "checks that failed", _rows(FAILED)


def where_to_look() -> Rows:
    """The commands and files to go on with, the top alert among them."""
    top = _rows("select domain, event_id from alerts order by score desc, occurred_at desc limit 1")
    explained = [f"weir explain {row['domain']} {row['event_id']}" for row in top]
    commands = ["make ui", *explained, 'weir sql "select * from alerts order by score desc limit 5"']
    return [{"next": command} for command in [*commands, f"open {settings().docs}/site/index.html"]]


def _rows(query: str) -> Rows:
    return sql(query).records()


def _joined(rows: Rows, name: str, count: str) -> Rows:
    """Many short rows -> one a domain: 'missing 12, not_json 4'."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row["domain"], []).append(f"{row[name]} {row[count]:,}")
    return [{"domain": domain, f"{name}, {count}": ", ".join(parts)} for domain, parts in texts.items()]
