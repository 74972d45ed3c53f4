"""A pack small enough to read: one contract, a feature of each kind of type, a few rules."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from domains.simulation import Message
from weir.pack import Pack, pack_from_files

CONTRACT = """\
domain: small
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [payment, login], required: true}
  occurred_at: {type: time, required: true}
  user_id: {type: id}
  amount: {type: money, currency: currency, maximum: 1000000}
  currency: {type: currency}
  value: {type: units, maximum: 1000000}
  speed: {type: number}
  trusted: {type: boolean}
  metadata: {type: map}
"""
FEATURES = """\
- {name: user_payments_5m, kind: count, key: [user_id], window: 5m, where: event_type = 'payment'}
- {name: user_amount_24h, kind: sum, key: [user_id, currency], value: amount_minor, window: 24h}
- {name: is_first_currency, kind: is_first_seen, key: [user_id], value: currency}
"""
REFERENCE = """\
- {name: is_listed, list: bad_users, column: user_id}
"""
RULES = """\
version: 3
rules:
  - name: burst
    when: user_payments_5m >= 8
    points: 40
    text: "{user_payments_5m} payments in 5 minutes"
  - name: fast
    when: speed > 2
    points: {expression: 10 * speed, maximum: 60}
    text: "{amount} {currency} at {speed}"
"""
CASES = """\
burst: {fires: [{user_payments_5m: 8}], holds: [{user_payments_5m: 7}]}
fast: {fires: [{speed: 2.5}], holds: [{speed: 2}, {}]}
"""
FILES = {
    "contract.yml": CONTRACT,
    "features.yml": FEATURES,
    "reference.yml": REFERENCE,
    "rules.yml": RULES,
    "cases.yml": CASES,
}
# with one feature, one rule and no list a batch is planned and compiled in half the time
BRIEF = {
    "features": FEATURES.splitlines(keepends=True)[0],
    "reference": "[]\n",
    "rules": RULES.partition("  - name: fast")[0],
    "cases": CASES.splitlines(keepends=True)[0],
}


def small_pack(**texts: str) -> Pack:
    """The small pack, with the text of some files replaced: small_pack(rules=...)."""
    return pack_from_files(FILES | {f"{name}.yml": text for name, text in texts.items()})


def write_small_pack(domains: Path, domain: str = "small", **texts: str) -> Path:
    """A folder of packs -> the small pack's folder in it, under any name, with the text of some files replaced."""
    folder = domains / domain
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES | {f"{name}.yml": text for name, text in texts.items()}).items():
        (folder / name).write_text(text.replace("domain: small", f"domain: {domain}"))
    return folder


def write_brief_pack(domains: Path, domain: str = "small", **texts: str) -> Path:
    """As write_small_pack: for tests of what becomes of messages, whatever their features are."""
    return write_small_pack(domains, domain, **BRIEF | texts)


def with_rule(when: str, points: str = "10", text: str = "it fired") -> Pack:
    """The small pack under one rule, `judged`."""
    rule = f'version: 1\nrules:\n- {{name: judged, when: "{when}", points: {points}, text: "{text}"}}\n'
    return small_pack(rules=rule, cases="judged: {fires: [{}], holds: [{}]}")


def small_messages() -> Iterator[Message]:
    """Payments of five users without end: every seventh is no JSON, two of eleven share an event_id."""
    for number in count():
        user = f"u{number % 5}"
        event = {
            "event_id": f"e{number - number % 11 if number % 11 == 1 else number}",
            "event_type": "payment",
            "occurred_at": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
            "user_id": user,
            "amount": "1.50",
            "currency": "EUR",
        }
        whole = json.dumps(event)
        yield Message(user, (whole if number % 7 else f"{whole[:-1]} {number}").encode())
