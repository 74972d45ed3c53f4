"""A published warehouse of three made-up days: two domains, a daily rhythm, six attacks, refused messages."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd

START = datetime(2026, 3, 11)  # UTC without a zone, as in the marts
DAYS = 3
Rows = Sequence[dict[str, Any]]
VERSION = "20260314T000600"
BANDS = {"block": 86, "challenge": 61, "verify": 31, "allow": 0}
ALERTING = ("challenge", "block")
REFUSALS = ["missing", "not_json", "unknown_value", "wrong_type", "duplicate"]
RULES = {  # the points and the text of each
    "card_testing": (70, "{n} tiny payments in an hour"),
    "velocity_burst": (66, "{n} payments in 5 minutes"),
    "ip_flood": (45, "{n} events from one address in 2 minutes"),
    "credential_stuffing": (75, "{n} users logged in from one address in 10 minutes"),
    "refund_abuse": (40, "{n} refunds in a day"),
    "sanctioned_counterparty": (100, "sends to a sanctioned address"),
    "new_wallet": (20, "wallet first seen {n} minutes ago"),
    "peel_chain": (50, "{n} hops in an hour, each a little smaller"),
    "unusual_amount": (35, "{n} times the usual amount"),
    "unfamiliar_device": (20, "first payment from this device"),
    "impossible_travel": (65, "GB to NG in {n} minutes"),
}
HINTS = {
    "payments": ["unusual_amount", "unfamiliar_device", "impossible_travel"],
    "crypto": ["new_wallet", "peel_chain"],
}


@dataclass(frozen=True, slots=True)
class Attack:
    """Who did what: at which hour, how often, every how many seconds, which rules it hit, what it shares."""

    name: str
    hour: float
    events: int
    every: float
    rules: tuple[str, ...]
    shared: dict[str, str]
    misses: float = 0.1
    domain: str = "payments"


ATTACKS = (
    Attack("card_testing", 9.4, 60, 9, ("card_testing",), {"subject": "u-0666", "ip_address": "203.0.113.7"}),
    Attack(
        "velocity_burst",
        33.2,
        45,
        6,
        ("velocity_burst", "ip_flood"),
        {"subject": "u-1313", "ip_address": "198.51.100.23", "device_id": "dev-4242"},
    ),
    Attack(
        "credential_stuffing",
        55.1,
        120,
        5,
        ("credential_stuffing", "ip_flood"),
        {"event_type": "login", "ip_address": "203.0.113.99"},
    ),
    Attack("refund_abuse", 64, 25, 240, ("refund_abuse",), {"event_type": "refund", "subject": "u-0042"}),
    Attack(
        "sanctions_evasion",
        28,
        18,
        180,
        ("sanctioned_counterparty", "new_wallet"),
        {"subject": "0x8589427373d6d84e98730d7795d8f6f8731fda16"},
        domain="crypto",
    ),
    Attack("peel_chain", 58, 40, 60, ("peel_chain",), {}, misses=0.3, domain="crypto"),
)


def publish_sample(home: Path, version: str = VERSION) -> Path:
    """Write marts/<version>/warehouse.duckdb under a home and point `current` at it -> that file."""
    path = home / "marts" / version / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    build(path)
    (home / "marts" / "current").write_text(version)
    return path


def build(path: Path) -> None:
    """Fill a new DuckDB file with the marts; the same rows each time."""
    random = Random(7)
    events = sorted([*_traffic(random), *_attacks(random)], key=lambda event: event["occurred_at"])
    decided = [_decided(event, number, random) for number, event in enumerate(events)]
    labels = [
        {"event_id": row["event_id"], "attack": event["attack"]}
        for row, event in zip(decided, events, strict=True)
        if event["attack"]
    ]
    write_marts(path, decided, labels, list(_refusals(random)))


def write_marts(path: Path, decisions: Rows, labels: Rows = (), refusals: Rows = ()) -> None:
    """Rows of `decisions`; labels: event_id, attack; refusals: domain, received_at, reason -> their marts."""
    connection = duckdb.connect(path)
    connection.register("decided_rows", pd.DataFrame(decisions))
    connection.register("label_rows", pd.DataFrame(labels, columns=["event_id", "attack"]))
    connection.register("refused_rows", pd.DataFrame(refusals, columns=["domain", "received_at", "reason"]))
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    connection.close()


def _traffic(random: Random) -> Iterator[dict[str, Any]]:
    for domain, events in (("payments", 5200), ("crypto", 1300)):
        for _ in range(events):
            rules = [random.choice(HINTS[domain])] if random.random() < 0.03 else []
            yield _event(random, domain, _moment(random), rules)


def _attacks(random: Random) -> Iterator[dict[str, Any]]:
    for attack in ATTACKS:
        for number in range(attack.events):
            at = START + timedelta(
                hours=attack.hour, seconds=number * attack.every * random.uniform(0.8, 1.1)
            )
            is_seen = number >= 3 and random.random() >= attack.misses
            event = _event(
                random, attack.domain, at, list(attack.rules[: 1 + number // 24]) if is_seen else []
            )
            yield event | {"attack": attack.name, "n": number} | attack.shared


def _moment(random: Random) -> datetime:
    """A time of the three days, afternoons more often than nights."""
    while True:
        hour = random.uniform(0, 24 * DAYS)
        if random.random() < 0.55 - 0.45 * math.cos((hour - 3.5) * math.pi / 12):
            return START + timedelta(hours=hour)


def _event(random: Random, domain: str, at: datetime, rules: list[str]) -> dict[str, Any]:
    event = {
        "domain": domain,
        "occurred_at": at,
        "rules": rules,
        "attack": None,
        "n": random.randrange(4, 30),
    }
    if domain == "crypto":
        wallets = {name: "0x" + random.randbytes(20).hex() for name in ("subject", "counterparty")}
        asset = random.choice(["ETH", "USDC", "BTC"])
        return (
            event | wallets | {"event_type": "transfer", "unit": asset, "amount": random.lognormvariate(1, 2)}
        )
    user = int(random.expovariate(1 / 90))
    event_type = random.choices(["payment", "login", "refund"], [70, 26, 4])[0]
    paid = {
        "counterparty": f"m-{random.randrange(60):03}",
        "amount": round(random.lognormvariate(3.4, 0.9), 2),
        "unit": random.choice(["GBP", "GBP", "EUR", "USD"]),
    }
    return event | {
        "event_type": event_type,
        **(paid if event_type != "login" else {}),
        "subject": f"u-{user:04}",
        "ip_address": f"192.0.2.{random.randrange(250)}",
        "device_id": f"dev-{user:04}",
        "country": random.choice(["GB", "GB", "DE", "US", "FR"]),
    }


def _decided(event: dict[str, Any], number: int, random: Random) -> dict[str, Any]:
    """An event -> its row of `decisions`, columns in the table's order."""
    reasons = _reasons(event["rules"], event["n"])
    score = sum(reason["points"] for reason in reasons)
    action = next(name for name, lowest in BANDS.items() if score >= lowest)
    received = event["occurred_at"] + timedelta(seconds=random.lognormvariate(0.4, 0.5))
    is_payment = event["domain"] == "payments"
    names = ("counterparty", "amount", "unit", "ip_address", "device_id", "country")
    return {
        **{name: event[name] for name in ("domain", "event_type", "occurred_at")},
        "event_id": f"{event['domain'][0]}-{number:06}",
        "event_date": event["occurred_at"].date(),
        "user_id": event["subject"] if is_payment else None,
        "address": None if is_payment else event["subject"],
        "subject": event["subject"],
        **{name: event.get(name) for name in names},
        "score": score,
        "action": action,
        "is_alert": action in ALERTING,
        "top_rule": max(event["rules"], key=lambda rule: RULES[rule][0], default=None),
        "rules_hit": len(event["rules"]),
        "reasons": json.dumps(reasons),
        **_origin(event, number, random.random() < 0.01),
        **_timing(received, number, random),
    }


def _reasons(rules: list[str], n: int) -> list[dict[str, Any]]:
    reasons = [{"rule": rule, "points": RULES[rule][0], "text": RULES[rule][1].format(n=n)} for rule in rules]
    excess = sum(reason["points"] for reason in reasons) - 100
    return (
        [*reasons, {"rule": "cap", "points": -excess, "text": "a score is at most 100"}]
        if excess > 0
        else reasons
    )


def _origin(event: dict[str, Any], number: int, is_late: bool) -> dict[str, Any]:
    return {
        "ruleset": f"{event['domain']}@1#1f3a9c",
        "pack": "9b2e7d41c0",
        "model": None,
        "source": f"files:/data/{event['domain']}",
        "partition": f"{event['occurred_at']:%Y-%m-%d}.jsonl",
        "position": number * 312,
        "part": 0,
        "seq": number,
        "batch_id": number // 500,
        "is_late": is_late,
    }


def _timing(received: datetime, number: int, random: Random) -> dict[str, Any]:
    """When it came and was scored; now and then the pipeline is slow."""
    lag = random.lognormvariate(0.3, 0.45) * (6 if 40 < number % 1700 < 90 else 1)
    return {"received_at": received, "scored_at": received + timedelta(seconds=lag), "lag_seconds": lag}


def _refusals(random: Random) -> Iterator[dict[str, Any]]:
    for domain, parts in (("payments", 187), ("crypto", 31)):
        for _ in range(parts):
            reason = random.choices(REFUSALS, [30, 12, 8, 20, 30])[0]
            yield {"domain": domain, "received_at": _moment(random), "reason": reason}
