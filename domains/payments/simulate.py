"""Simulated payments: people's ordinary days, ten named attacks, and messages that go wrong on their way."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from domains.faults import Damage, Faults, deliveries, encode, malformations, with_value
from domains.payments.attacks import ATTACKS, scene
from domains.payments.people import COUNTRIES, EVENTS_PER_USER, KINDS, LOGIN, ordinary, people
from domains.simulation import Simulation
from domains.traffic import Span, in_order, ip_text, plant

CHANNELS = ("web", "app", "terminal")


def simulate(
    events: int, seed: int, start: datetime, attack_rate: float, faults: Faults | None
) -> Simulation:
    """`events` good events within ten days of `start`, `attack_rate` of them attacks; the same for a seed."""
    rng = np.random.default_rng([seed, 1])
    span = Span(start)
    crowd = people(max(60, events // EVENTS_PER_USER))
    attacked = round(events * attack_rate)
    life = ordinary(rng, crowd, span, events - attacked)
    at = scene(rng, crowd, span, life)
    made = in_order([life, *plant([partial(attack, at) for attack in ATTACKS], attacked)], span)
    damages = {**malformations("occurred_at"), **MALFORMATIONS}
    return Simulation(
        events=made,
        attacks=tuple(attack.__name__ for attack in ATTACKS),
        render=partial(render, seed=seed),
        deliveries=deliveries(rng, made["occurred"], faults or Faults(), len(damages)),
        malformations=damages,
        key=lambda event: event["user_id"],
    )


def render(rows: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Rows of EVENT -> contract events; a login names no merchant and no money."""
    times = np.datetime_as_string(rows["occurred"].astype("datetime64[us]"), unit="ms").tolist()
    return [_event(row, f"{time}Z", seed) for row, time in zip(rows.tolist(), times, strict=True)]


def _event(row: tuple, occurred_at: str, seed: int) -> dict[str, Any]:
    number, _, kind, user, merchant, amount, currency, country, ip, device, _ = row
    paid_in = COUNTRIES[currency]
    event = {
        "event_id": f"pay-{seed}-{number:08d}",
        "event_type": KINDS[kind],
        "occurred_at": occurred_at,
        "user_id": f"u{user:07d}",
        "country": COUNTRIES[country].code,
        "ip_address": ip_text(ip),
        "device_id": f"d{device:016x}",
        "metadata": {"channel": CHANNELS[device % 3]},
    }
    if kind != LOGIN:
        event["merchant_id"] = f"m{merchant:05d}"
        event["amount"] = str(Decimal(amount).scaleb(-paid_in.exponent))
        event["currency"] = paid_in.currency
    return event


def _paid(name: str, value: Any) -> Damage:
    """A malformation of money: the event is made a payment first, so that the value is looked at."""
    whole = {"event_type": "payment", "merchant_id": "m00001", "amount": "12.50", "currency": "EUR"}
    return lambda event: encode({**event, **whole, name: value})


MALFORMATIONS: dict[str, Damage] = {
    "missing_merchant": _paid("merchant_id", None),
    "missing_amount": _paid("amount", None),
    "negative_amount": _paid("amount", "-12.50"),
    "too_many_decimals": _paid("amount", "12.505"),
    "amount_not_a_number": _paid("amount", "12,50"),
    "amount_too_large": _paid("amount", "10000000000.01"),
    "unknown_currency": _paid("currency", "XQZ"),
    "unknown_country": with_value("country", "ZZ"),
}
