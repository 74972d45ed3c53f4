"""Literal rows of the mart `decisions`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

NOON = datetime(2026, 3, 12, 12)


def decision(event_id: str, **changed: Any) -> dict[str, Any]:
    """A harmless payment at noon that was scored 2 s after it came, changed as told."""
    row = {
        "domain": "payments",
        "event_id": event_id,
        "event_type": "payment",
        "occurred_at": NOON,
        "user_id": "ann",
        "address": None,
        "subject": "ann",
        "counterparty": "shop",
        "amount": 12.5,
        "unit": "GBP",
        "ip_address": "192.0.2.1",
        "device_id": "phone",
        "country": "GB",
        "score": 0,
        "action": "allow",
        "reasons": [],
        "ruleset": "payments@1#1f3a9c",
        "pack": "9b2e",
        "model": None,
        "source": "files:/data",
        "partition": "a.jsonl",
        "position": 0,
        "part": 0,
        "seq": 0,
        "batch_id": 0,
        "is_late": False,
        "lag_seconds": 2.0,
    } | changed
    rules = [reason for reason in row["reasons"] if reason["rule"] != "cap"]
    received = row.setdefault("received_at", row["occurred_at"] + timedelta(seconds=1))
    derived = {
        "event_date": row["occurred_at"].date(),
        "is_alert": row["action"] in ("challenge", "block"),
        "top_rule": rules[0]["rule"] if rules else None,
        "rules_hit": len(rules),
        "reasons": json.dumps(row["reasons"]),
        "scored_at": received + timedelta(seconds=row["lag_seconds"]),
    }
    return row | derived
