"""Named attacks on the crypto population; each returns the events of one strike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from domains.crypto.wallets import (
    ASSETS,
    DEPOSIT,
    ETH,
    EVENT,
    NOBODY,
    TRADE,
    TRANSFER,
    USDC,
    WITHDRAWAL,
    Population,
    hot_wallet,
    micros,
    own_wallet,
    wallet,
)
from domains.scene import WELL_KNOWN, Scene
from domains.traffic import DAY, HOUR, Span, bursts, identity, ip_number

SANCTIONED, PHISHER = 101, 102  # salts
SANCTIONED_COUNT, PHISHER_COUNT = 12, 24


@dataclass(frozen=True, slots=True)
class CryptoScene(Scene[Population]):
    """Its well-known users are customers of exchanges; `busy` are rows of wallets with habits."""

    busy: np.ndarray

    def fresh(self, count: int) -> np.ndarray:
        """Addresses (or devices) nobody has seen before."""
        return identity(np.arange(count), self.stolen())

    def wallets(self, count: int) -> np.ndarray:
        """Ordinary wallets, each once while there are enough."""
        return wallet(self.rng.choice(self.crowd.wallets, count, replace=count > self.crowd.wallets))


def scene(rng: np.random.Generator, crowd: Population, span: Span, ordinary: np.ndarray) -> CryptoScene:
    """Ordinary events (any order) -> the scene of the attacks."""
    ordinary = ordinary[np.lexsort((ordinary["occurred"], ordinary["user"]))]
    customers = ordinary["user"] != NOBODY
    early = ordinary["occurred"] < span.last - DAY
    known = np.flatnonzero(customers & early & (_turn(ordinary["user"]) >= WELL_KNOWN))
    habit = identity(ordinary["sender"], ordinary["asset"])
    sends = (ordinary["kind"] == TRANSFER) & early
    busy = np.flatnonzero(sends & (_turn(habit) >= WELL_KNOWN))
    return CryptoScene(
        rng,
        crowd,
        span,
        ordinary,
        known=known if len(known) else np.flatnonzero(customers),
        busy=busy if len(busy) else np.flatnonzero(sends),
    )


def _turn(value: np.ndarray) -> np.ndarray:
    """How many earlier rows hold the same value."""
    order = np.argsort(value, kind="stable")
    ranked = value[order]
    turn = np.empty(len(value), np.int64)
    turn[order] = np.arange(len(value)) - np.searchsorted(ranked, ranked)
    return turn


def listed(salt: int, count: int) -> np.ndarray:
    """The addresses a reference list holds: the same under every seed."""
    return identity(np.arange(count), salt)


def _transfers(
    at: CryptoScene,
    occurred: np.ndarray,
    sender: np.ndarray | int,
    receiver: np.ndarray | int,
    dollars: float,
) -> np.ndarray:
    """Transfers of ETH on the chain, of about so many dollars each."""
    block = np.zeros(len(occurred), EVENT)
    block["occurred"], block["kind"] = occurred, TRANSFER
    block["sender"], block["receiver"] = sender, receiver
    block["user"] = block["exchange"] = block["ip"] = block["device"] = NOBODY
    block["micros"] = micros(at.rng, np.full(len(block), dollars), block["asset"])
    return block


def _at_exchange(at: CryptoScene, user: np.ndarray | int, occurred: np.ndarray, kind: int) -> np.ndarray:
    """Events of customers at their exchange, on their own usual machine."""
    own = at.ordinary[np.searchsorted(at.ordinary["user"], np.broadcast_to(user, len(occurred)))]
    block = own.copy()
    block["occurred"], block["kind"], block["user"] = occurred, kind, user
    outside, hot = own_wallet(block["user"]), hot_wallet(block["exchange"])
    block["sender"] = hot if kind == WITHDRAWAL else outside
    block["receiver"] = hot if kind == DEPOSIT else outside
    if kind == TRADE:
        block["receiver"] = at.wallets(len(block))
    return block


def sanctioned_counterparty(at: CryptoScene) -> np.ndarray:
    """Wallets pay a sanctioned wallet, and it pays others."""
    count = at.between(4, 8)
    there = at.rng.choice(listed(SANCTIONED, SANCTIONED_COUNT))
    inward = _transfers(at, bursts(at.rng, at.moment(), count, 5000), at.wallets(count), there, 4000)
    outward = _transfers(at, inward["occurred"] + HOUR, there, at.wallets(count), 3500)
    return np.concatenate([inward, outward])


def phishing(at: CryptoScene) -> np.ndarray:
    """Victims, one after the other, send what they have to a wallet known for phishing, which cashes out."""
    count = at.between(8, 16)
    there = at.rng.choice(listed(PHISHER, PHISHER_COUNT))
    victims = _transfers(at, bursts(at.rng, at.moment(), count, 3000), at.wallets(count), there, 1500)
    cash_out = bursts(at.rng, int(victims["occurred"][-1]) + HOUR, 3, 900)
    return np.concatenate([victims, _transfers(at, cash_out, there, at.fresh(3), 4000)])


def key_theft(at: CryptoScene) -> np.ndarray:
    """A busy wallet's key is stolen: one transfer, hundreds of times its habit, to a wallet it never used."""
    row = at.ordinary[at.rng.choice(at.busy)]
    block = _transfers(at, np.array([row["occurred"] + HOUR]), row["sender"], at.fresh(1), 1)
    block["asset"], block["micros"] = row["asset"], row["micros"] * at.between(300, 900)
    return block


def structuring(at: CryptoScene) -> np.ndarray:
    """A large sum in dollar coins, each payment just below what must be reported."""
    block = _transfers(at, bursts(at.rng, at.moment(), at.between(8, 16), 2400), 0, 0, 1)
    block["sender"], block["receiver"] = at.wallets(1), at.fresh(2)[at.rng.integers(0, 2, len(block))]
    block["asset"] = USDC
    block["micros"] = at.rng.integers(9_200, 9_999, len(block)) * 1_000_000
    return block


def fan_out(at: CryptoScene) -> np.ndarray:
    """Loot is scattered from one wallet over many new ones."""
    count = at.between(30, 60)
    sender = at.fresh(1)
    return _transfers(at, bursts(at.rng, at.moment(), count, 40), sender, at.fresh(count), 900)


def fan_in(at: CryptoScene) -> np.ndarray:
    """Many wallets pay into one within the hour."""
    count = at.between(30, 60)
    return _transfers(at, bursts(at.rng, at.moment(), count, 45), at.wallets(count), at.fresh(1), 350)


def peel_chain(at: CryptoScene) -> np.ndarray:
    """A sum shrinks slice by slice, always to a wallet never used before."""
    count = at.between(14, 24)
    block = _transfers(at, bursts(at.rng, at.moment(), count, 1500), at.fresh(1), at.fresh(count), 60_000)
    kept = at.rng.uniform(0.88, 0.98, count)
    block["micros"] = block["micros"][0] * np.cumprod(kept)
    return block


def wash_trading(at: CryptoScene) -> np.ndarray:
    """Two wallets of one owner sell an asset to and fro, and now and then to themselves."""
    user, moment = at.victim()
    block = _at_exchange(at, user, bursts(at.rng, moment, at.between(24, 40), 90), TRADE)
    pair, turn = at.fresh(2), np.arange(len(block)) % 2
    block["sender"], block["receiver"] = pair[turn], pair[1 - turn]
    block["receiver"][::6] = block["sender"][::6]
    block["asset"] = len(ASSETS) - 1
    return block


def drained_wallet(at: CryptoScene) -> np.ndarray:
    """A drainer takes every asset of a wallet within minutes."""
    block = _transfers(at, bursts(at.rng, at.moment(), len(ASSETS) * 2, 30), at.wallets(1), at.fresh(1), 800)
    block["asset"] = np.arange(len(block)) % len(ASSETS)
    block["micros"] = micros(at.rng, np.full(len(block), 800.0), block["asset"])
    return block


def dusting(at: CryptoScene) -> np.ndarray:
    """Next to nothing to many wallets, half an hour long."""
    count = at.between(25, 50)
    block = _transfers(at, bursts(at.rng, at.moment(), count, 40), at.fresh(1), at.wallets(count), 1)
    block["asset"], block["micros"] = ETH, at.rng.integers(1, 10, count)
    return block


def rapid_in_out(at: CryptoScene) -> np.ndarray:
    """What is deposited leaves for a new wallet within minutes, again and again."""
    user, moment = at.victim()
    times = bursts(at.rng, moment, at.between(3, 5), 5400)
    inward = _at_exchange(at, user, times, DEPOSIT)
    outward = np.repeat(inward, 2)
    outward["kind"], outward["sender"] = WITHDRAWAL, inward["receiver"][0]
    outward["receiver"] = at.fresh(len(outward))
    outward["occurred"] += np.tile([600, 900], len(inward)) * 1_000_000
    outward["micros"] = outward["micros"] * np.tile([0.92, 0.06], len(inward))
    return np.concatenate([inward, outward])


def withdrawal_takeover(at: CryptoScene) -> np.ndarray:
    """Someone else's machine withdraws a customer's assets to wallets of its own."""
    user, moment = at.victim()
    block = _at_exchange(at, user, bursts(at.rng, moment, at.between(3, 5), 300), WITHDRAWAL)
    block["receiver"] = at.fresh(len(block))
    block["device"], block["ip"] = at.fresh(1), ip_number(at.fresh(1))
    block["micros"] *= 4
    return block


def account_farm(at: CryptoScene) -> np.ndarray:
    """One device runs many customers' accounts."""
    count = at.between(20, 30)
    users = np.unique(at.ordinary["user"][at.ordinary["user"] != NOBODY])
    chosen = at.rng.choice(users, count, replace=count > len(users))
    block = _at_exchange(at, chosen, bursts(at.rng, at.moment(), count, 1200), TRADE)
    block["device"] = at.fresh(1)
    return block


ATTACKS: tuple[Callable[[CryptoScene], np.ndarray], ...] = (
    sanctioned_counterparty,
    phishing,
    key_theft,
    structuring,
    fan_out,
    fan_in,
    peel_chain,
    wash_trading,
    drained_wallet,
    dusting,
    rapid_in_out,
    withdrawal_takeover,
    account_farm,
)
