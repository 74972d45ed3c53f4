"""weir explain: one event, its features, its reasons, the message it came from and the rules that judged it."""

from __future__ import annotations

import json
from shlex import quote
from typing import Annotated, Any

import typer

from orchestration.commands.show import AsJson, Domain, fail, show
from weir.pack import Pack, load_pack
from weir.tables import RAW_KEY


def explain(
    domain: Domain,
    event_id: Annotated[str, typer.Argument(help="The event to explain.")],
    as_json: AsJson = False,
) -> None:
    """Show the event, its features, each reason with its points, its message and its ruleset."""
    pack = load_pack(domain)
    found = explained(pack, event_id)
    if not found:
        fail(f"no event {event_id!r} in scored/{domain}: look for it with\n  {_search(domain, event_id)}")
    if as_json:
        show(found, as_json=True)
        return
    for event in found:
        _print(event)


def explained(pack: Pack, event_id: str) -> list[dict[str, Any]]:
    """An event id -> one object per scored event of that id (an id reused on another day is two)."""
    from weir.warehouse import ask, connect_lake

    domain = pack.contract.domain
    connection = connect_lake([domain])
    query = f"""
        select scored.*, raw.payload, raw.format, raw.mapping
        from scored_{domain} as scored
        left join raw_{domain} as raw using (source, partition, position)
        where scored.event_id = ? order by scored.seq
    """
    return [_sections(pack, row) for row in ask(connection, query, [event_id]).records()]


def _sections(pack: Pack, row: dict[str, Any]) -> dict[str, Any]:
    features = [feature.name for feature in pack.features]
    return {
        "event": {name: row[name] for name in pack.columns if name not in features},
        "features": {name: row[name] for name in features},
        "reasons": row["reasons"],
        "decision": {
            name: row[name]
            for name in ("score", "action", "ruleset", "pack", "model", "is_late", "scored_at")
        },
        "message": {
            name: row[name]
            for name in (*RAW_KEY, "part", "seq", "received_at", "batch_id", "format", "mapping")
        }
        | {"payload": bytes(row["payload"] or b"").decode(errors="replace")},
    }


def _print(event: dict[str, Any]) -> None:
    decision = event["decision"]
    title = f"{event['event']['event_id']}: {decision['action']}, score {decision['score']}, by {decision['ruleset']}"
    reasons = [
        {"points": reason["points"], "rule": reason["rule"], "why": reason["text"]}
        for reason in event["reasons"]
    ]
    show(reasons, as_json=False, title=title)
    for section in ("event", "features", "message"):
        present = [
            {section: name, "value": _text(value)}
            for name, value in event[section].items()
            if value is not None
        ]
        typer.echo()
        show(present, as_json=False, title="" if present else section)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _search(domain: str, event_id: str) -> str:
    literal = event_id.replace("'", "''")
    query = f"select event_id, reason from quarantine_{domain} where event_id = '{literal}'"
    return f"weir sql {quote(query)}"
