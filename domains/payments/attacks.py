"""Named attacks on the payments population; each returns the events of one strike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from domains.payments.people import (
    COUNTRIES,
    EVENT,
    LOGIN,
    PAYMENT,
    REFUND,
    People,
    amounts,
)
from domains.scene import WELL_KNOWN, Scene
from domains.traffic import DAY, HOUR, MINUTE, Span, bursts, identity, ip_number

PaymentsScene = Scene[People]


def scene(rng: np.random.Generator, crowd: People, span: Span, ordinary: np.ndarray) -> PaymentsScene:
    """Ordinary events (any order) -> the scene of the attacks."""
    ordinary = ordinary[np.lexsort((ordinary["occurred"], ordinary["user"]))]
    first = np.searchsorted(ordinary["user"], ordinary["user"])
    paid = np.cumsum(ordinary["kind"] == PAYMENT)
    before = paid - paid[first]
    known = (before >= WELL_KNOWN) & (ordinary["occurred"] < span.last - DAY)
    known &= ~crowd.sleeper[ordinary["user"]]
    rows = np.flatnonzero(known)
    return Scene(rng, crowd, span, ordinary, rows if len(rows) else np.arange(len(ordinary)))


def _strike(at: PaymentsScene, user: np.ndarray | int, occurred: np.ndarray) -> np.ndarray:
    """Payments of these users at these moments: their usual country and amounts, the attacker's machine."""
    block = np.zeros(len(occurred), EVENT)
    block["occurred"], block["user"], block["kind"] = occurred, user, PAYMENT
    block["country"] = block["currency"] = at.crowd.home[block["user"]]
    block["merchant"] = at.rng.integers(0, at.crowd.merchants, len(block))
    block["amount"] = amounts(at.rng, at.crowd, block["user"])
    block["device"], block["ip"] = identity(at.stolen()), ip_number(at.stolen())
    return block


def _many_users(at: PaymentsScene, count: int) -> np.ndarray:
    return at.rng.choice(at.crowd.count, count, replace=count > at.crowd.count)


def _unknown_shop(at: PaymentsScene) -> int:
    return at.crowd.merchants + at.between(0, at.crowd.merchants)


def velocity_burst(at: PaymentsScene) -> np.ndarray:
    """A stolen card is spent every few seconds at two shops."""
    user, moment = at.victim()
    block = _strike(at, user, bursts(at.rng, moment, at.between(15, 40), 9))
    block["merchant"] = block["merchant"][0] + at.rng.integers(0, 2, len(block))
    return block


def card_testing(at: PaymentsScene) -> np.ndarray:
    """Tiny amounts at many shops, to learn whether the card works."""
    user, moment = at.victim()
    block = _strike(at, user, bursts(at.rng, moment, at.between(15, 30), 45))
    block["amount"] = at.rng.integers(50, 200, len(block))
    return block


def ip_burst(at: PaymentsScene) -> np.ndarray:
    """One machine pays once from each of many accounts within a minute or two."""
    count = at.between(25, 50)
    block = _strike(at, _many_users(at, count), bursts(at.rng, at.moment(), count, 3))
    block["device"] = identity(np.arange(count), at.stolen())
    return block


def shared_device(at: PaymentsScene) -> np.ndarray:
    """A farm: one device serves many accounts through the day, each from another address."""
    count = at.between(20, 35)
    block = _strike(at, _many_users(at, count), bursts(at.rng, at.moment(), count, 1200))
    block["ip"] = ip_number(np.arange(count), at.stolen())
    return block


def account_takeover(at: PaymentsScene) -> np.ndarray:
    """A login from a new device in a new country, then larger payments than ever to shops never used."""
    user, moment = at.victim()
    block = _strike(at, user, bursts(at.rng, moment, at.between(4, 7), 150))
    block["kind"][0] = LOGIN
    block["country"] = (at.crowd.home[user] + at.between(1, len(COUNTRIES) - 1)) % len(COUNTRIES)
    block["amount"] *= 5
    block["merchant"] = _unknown_shop(at)
    return block


def impossible_amount(at: PaymentsScene) -> np.ndarray:
    """A single payment, many times what the user ever pays."""
    user, moment = at.victim()
    block = _strike(at, user, np.array([moment]))
    block["amount"] = at.crowd.median[user] * at.rng.uniform(25, 60)
    block["merchant"] = _unknown_shop(at)
    return block


def dormant_account(at: PaymentsScene) -> np.ndarray:
    """An account that slept for a week wakes up on a new device and spends for an hour."""
    sleepers = np.flatnonzero(at.crowd.sleeper[at.ordinary["user"]])
    user = int(at.ordinary["user"][at.rng.choice(sleepers)]) if len(sleepers) else at.victim()[0]
    moment = at.span.last - at.between(3 * HOUR, DAY)
    return _strike(at, user, bursts(at.rng, moment, at.between(8, 14), 240))


def refund_abuse(at: PaymentsScene) -> np.ndarray:
    """Things are bought one after the other, and then all of them are paid back, and more."""
    user, moment = at.victim()
    bought = _strike(at, user, bursts(at.rng, moment, at.between(2, 3), 2400))
    refunds = np.repeat(bought, 5)
    refunds["kind"] = REFUND
    refunds["occurred"] = bursts(at.rng, int(bought["occurred"][-1]) + 30 * MINUTE, len(refunds), 900)
    return np.concatenate([bought, refunds])


def merchant_hopping(at: PaymentsScene) -> np.ndarray:
    """One payment at each of many shops, minutes apart."""
    user, moment = at.victim()
    count = at.between(14, 24)
    block = _strike(at, user, bursts(at.rng, moment, count, 110))
    block["merchant"] = (block["merchant"][0] + np.arange(count)) % at.crowd.merchants
    return block


def credential_stuffing(at: PaymentsScene) -> np.ndarray:
    """Leaked passwords: logins to many accounts from one address."""
    count = at.between(30, 60)
    block = _strike(at, _many_users(at, count), bursts(at.rng, at.moment(), count, 5))
    block["kind"] = LOGIN
    block["device"] = identity(np.arange(count), at.stolen())
    return block


ATTACKS: tuple[Callable[[PaymentsScene], np.ndarray], ...] = (
    velocity_burst,
    card_testing,
    ip_burst,
    shared_device,
    account_takeover,
    impossible_amount,
    dormant_account,
    refund_abuse,
    merchant_hopping,
    credential_stuffing,
)
