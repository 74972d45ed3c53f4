"""Simulated crypto traffic: exchanges and a chain, thirteen named attacks, and messages that go wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np

from domains.crypto.attacks import (
    ATTACKS,
    PHISHER,
    PHISHER_COUNT,
    SANCTIONED,
    SANCTIONED_COUNT,
    listed,
    scene,
)
from domains.crypto.wallets import (
    ASSETS,
    EXCHANGES,
    KINDS,
    NOBODY,
    hot_wallet,
    ordinary,
    population,
    service,
)
from domains.faults import Damage, Faults, deliveries, encode, malformations, with_value
from domains.simulation import Simulation
from domains.traffic import Span, in_order, ip_text, plant


def simulate(
    events: int, seed: int, start: datetime, attack_rate: float, faults: Faults | None
) -> Simulation:
    """`events` good events within ten days of `start`, `attack_rate` of them attacks; the same for a seed."""
    rng = np.random.default_rng([seed, 2])
    span = Span(start)
    crowd = population(events)
    attacked = round(events * attack_rate)
    life = ordinary(rng, crowd, span, events - attacked)
    at = scene(rng, crowd, span, life)
    made = in_order([life, *plant([partial(attack, at) for attack in ATTACKS], attacked)], span)
    damages = {**malformations("timestamp"), **MALFORMATIONS}
    return Simulation(
        events=made,
        attacks=tuple(attack.__name__ for attack in ATTACKS),
        render=partial(render, seed=seed),
        deliveries=deliveries(rng, made["occurred"], faults or Faults(), len(damages)),
        malformations=damages,
        key=lambda event: event["user_id"] or event["from_address"],
        reference={
            "sanctioned_addresses": _addresses(listed(SANCTIONED, SANCTIONED_COUNT)),
            "phishing_addresses": _addresses(listed(PHISHER, PHISHER_COUNT)),
            "service_addresses": _addresses(
                [*hot_wallet(np.arange(len(EXCHANGES))), *service(np.arange(crowd.services))]
            ),
        },
    )


def render(rows: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Rows of EVENT -> contract events; the time is in epoch milliseconds, under its alias `timestamp`."""
    return [_event(row, seed) for row in rows.tolist()]


def _event(row: tuple, seed: int) -> dict[str, Any]:
    number, occurred, kind, user, asset, micros, sender, receiver, exchange, ip, device, _ = row
    return {
        "event_id": f"0x{blake2b(f'{seed}:{number}'.encode(), digest_size=32).hexdigest()}",
        "event_type": KINDS[kind],
        "timestamp": occurred // 1000,
        "user_id": f"c{user:07d}" if user != NOBODY else None,
        "asset": ASSETS[asset].name,
        "value": micros * 10 ** ASSETS[asset].decimals // 1_000_000,
        "from_address": _address(sender),
        "to_address": _address(receiver),
        "exchange": EXCHANGES[exchange] if exchange != NOBODY else None,
        "ip_address": ip_text(ip) if ip != NOBODY else None,
        "device_id": f"d{device:016x}" if device != NOBODY else None,
    }


def _address(number: int) -> str | None:
    """A wallet's number -> 0x and 40 hex digits, well spread."""
    if number == NOBODY:
        return None
    return f"0x{number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276B & (1 << 160) - 1:040x}"


def _addresses(numbers: Iterable[Any]) -> tuple[str, ...]:
    return tuple(address for number in numbers if (address := _address(int(number))))


def _transferred(name: str, value: Any) -> Damage:
    """A malformation of what is moved: the event is made a transfer first, so that the value is looked at."""
    whole = {"event_type": "transfer", "from_address": _address(1), "to_address": _address(2)}
    return lambda event: encode({**event, **whole, name: value})


MALFORMATIONS: dict[str, Damage] = {
    "missing_asset": with_value("asset", None),
    "missing_sender": _transferred("from_address", None),
    "missing_receiver": _transferred("to_address", None),
    "missing_value": _transferred("value", None),
    "negative_value": _transferred("value", -1),
    "fractional_value": _transferred("value", 1.6),
    "value_not_a_number": _transferred("value", "0x16345785d8a0000"),
    "value_too_large": _transferred("value", 10**32),
}
