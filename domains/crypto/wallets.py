"""The crypto population and its ordinary days: customers of exchanges, and wallets on a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domains.traffic import HOUR, MINUTE, SECOND, Span, identity, ip_number, rhythm, whole_visits

TRADE, DEPOSIT, WITHDRAWAL, TRANSFER, CREATION = range(5)
KINDS = ("trade", "deposit", "withdrawal", "transfer", "contract_creation")
NOBODY = -1  # no customer, no address, no device
EVENT = np.dtype(
    [
        ("number", np.int64),
        ("occurred", np.int64),
        ("kind", np.int8),
        ("user", np.int64),
        ("asset", np.int8),
        ("micros", np.int64),  # millionths of the asset's unit: what fits 64 bits; see Asset.decimals
        ("sender", np.int64),
        ("receiver", np.int64),
        ("exchange", np.int8),
        ("ip", np.int64),
        ("device", np.int64),
        ("attack", np.int16),
    ]
)


class Asset(NamedTuple):
    """`decimals`: base units are 10^-decimals of a unit; `dollars`: about what a unit is worth."""

    name: str
    decimals: int
    dollars: float
    weight: float


ASSETS = (
    Asset("ETH", 18, 3000, 0.45),
    Asset("USDC", 6, 1, 0.2),
    Asset("USDT", 6, 1, 0.15),
    Asset("WBTC", 8, 90_000, 0.06),
    Asset("DAI", 18, 1, 0.06),
    Asset("LINK", 18, 15, 0.05),
    Asset("UNI", 18, 8, 0.03),
)
ETH, USDC, USDT = range(3)
WEIGHTS = np.array([asset.weight for asset in ASSETS])
DOLLARS = np.array([asset.dollars for asset in ASSETS])
EXCHANGES = ("aurora", "borealis", "cascade")

EVENTS_PER_WALLET, EVENTS_PER_CUSTOMER = 8, 12
CHAIN_SHARE = 0.5  # of the events are transfers on the chain, the rest is reported by exchanges
BLOCK = 12 * SECOND
# salts keep what is derived from a number apart
DEVICE, HOME_IP, WALLET, PEER, HOT, OWN, SERVICE = range(1, 8)
POPULATION_SEED = 20_27


@dataclass(frozen=True, slots=True)
class Population:
    """Habits, one entry a customer or wallet; the same one under every seed and size."""

    utc_offset: np.ndarray  # customers
    customer_activity: np.ndarray
    customer_dollars: np.ndarray  # median
    devices: np.ndarray  # 1-3
    favourite: np.ndarray  # asset, wallets
    wallet_activity: np.ndarray  # heavy-tailed
    wallet_dollars: np.ndarray  # median
    services: int

    @property
    def customers(self) -> int:
        return len(self.devices)

    @property
    def wallets(self) -> int:
        return len(self.favourite)


def population(events: int) -> Population:
    """As many customers and wallets as `events` ordinary events need."""
    customers, wallets = (
        max(40, events // EVENTS_PER_CUSTOMER // 2),
        max(80, events // EVENTS_PER_WALLET // 2),
    )
    uniform = np.random.default_rng([POPULATION_SEED, 1]).random((customers, 2))
    normal = np.random.default_rng([POPULATION_SEED, 2]).standard_normal((customers, 2))
    taste = np.random.default_rng([POPULATION_SEED, 3]).random((wallets, 2))
    wealth = np.random.default_rng([POPULATION_SEED, 4]).standard_normal(wallets)
    return Population(
        utc_offset=(uniform[:, 0] * 12).astype(int) - 6,
        customer_activity=np.exp(0.7 * normal[:, 0]),
        customer_dollars=np.exp(np.log(400) + normal[:, 1]),
        devices=1 + (uniform[:, 1] > 0.6) + (uniform[:, 1] > 0.9),
        favourite=np.searchsorted(np.cumsum(WEIGHTS), taste[:, 0]).clip(0, len(ASSETS) - 1),
        # Pareto, cut where a wallet would be a service
        wallet_activity=np.minimum(30, (1 - taste[:, 1]) ** (-1 / 1.3)),
        wallet_dollars=np.exp(np.log(300) + 1.2 * wealth),
        services=max(8, wallets // 60),
    )


def wallet(number: np.ndarray | int) -> np.ndarray:
    return identity(number, WALLET)


def own_wallet(user: np.ndarray | int, slot: np.ndarray | int = 0) -> np.ndarray:
    """A customer's own wallets outside the exchange."""
    return identity(user, slot, OWN)


def hot_wallet(exchange: np.ndarray | int) -> np.ndarray:
    """Where an exchange takes deposits and pays withdrawals from."""
    return identity(exchange, HOT)


def service(number: np.ndarray | int) -> np.ndarray:
    """A router, a bridge, a payment processor: one that serves many wallets."""
    return identity(number, SERVICE)


def micros(rng: np.random.Generator, dollars: np.ndarray, asset: np.ndarray) -> np.ndarray:
    """Log-normal about these dollars -> millionths of the asset's unit, at least 100."""
    drawn = dollars * np.exp(0.6 * rng.standard_normal(len(dollars))) / DOLLARS[asset] * 1e6
    return np.maximum(100, drawn).astype(np.int64)


def ordinary(rng: np.random.Generator, crowd: Population, span: Span, events: int) -> np.ndarray:
    """Exactly `events` events of ordinary life."""
    on_chain = round(events * CHAIN_SHARE)
    at_exchanges = whole_visits(visits(rng, crowd, span, events), span, events - on_chain)
    return np.concatenate([transfers(rng, crowd, span, on_chain), at_exchanges])


def transfers(rng: np.random.Generator, crowd: Population, span: Span, count: int) -> np.ndarray:
    """Wallets send to their four usual peers, to services, to anyone; a few create contracts."""
    sender = rng.choice(crowd.wallets, count, p=crowd.wallet_activity / crowd.wallet_activity.sum())
    made = np.zeros(count, EVENT)
    occurred = rhythm(rng, span, np.zeros(count, int))
    made["occurred"] = occurred - occurred % BLOCK
    made["kind"] = TRANSFER
    made["user"] = made["device"] = made["ip"] = made["exchange"] = NOBODY
    asset = np.where(
        rng.random(count) < 0.75, crowd.favourite[sender], rng.choice(len(ASSETS), count, p=WEIGHTS)
    )
    made["asset"] = asset
    made["micros"] = micros(rng, crowd.wallet_dollars[sender], asset)
    made["sender"] = wallet(sender)
    usual = wallet(identity(sender, rng.integers(0, 4, count), PEER) % crowd.wallets)
    anyone = wallet(rng.integers(0, crowd.wallets, count))
    popular = service((rng.random(count) ** 1.5 * crowd.services).astype(np.int64))
    where = rng.random(count)
    made["receiver"] = np.select([where < 0.6, where < 0.85], [usual, popular], anyone)
    created = rng.random(count) < 0.004
    made["kind"][created], made["receiver"][created] = CREATION, NOBODY
    made["asset"][created] = made["micros"][created] = 0
    return made


def visits(rng: np.random.Generator, crowd: Population, span: Span, events: int) -> np.ndarray:
    """Customers trade a few times a visit; now and then they deposit before or withdraw hours after."""
    count = round(events * (1 - CHAIN_SHARE) / 1.7 * 1.2) + 60
    user = rng.choice(crowd.customers, count, p=crowd.customer_activity / crowd.customer_activity.sum())
    visit = _visit(rng, crowd, user, rhythm(rng, span, crowd.utc_offset[user]))
    deposits = visit[rng.random(count) < 0.2].copy()
    deposits["kind"], deposits["sender"] = DEPOSIT, own_wallet(deposits["user"])
    deposits["receiver"] = hot_wallet(deposits["exchange"])
    deposits["occurred"] -= rng.integers(5 * MINUTE, HOUR, len(deposits))
    withdrawals = visit[rng.random(count) < 0.15].copy()
    withdrawals["kind"], withdrawals["sender"] = WITHDRAWAL, hot_wallet(withdrawals["exchange"])
    slot = rng.choice(3, len(withdrawals), p=[0.85, 0.1, 0.05])
    withdrawals["receiver"] = own_wallet(withdrawals["user"], slot)
    withdrawals["occurred"] += rng.integers(2 * HOUR, 6 * HOUR, len(withdrawals))
    return np.concatenate([_trades(rng, crowd, visit), deposits, withdrawals])


def _visit(rng: np.random.Generator, crowd: Population, user: np.ndarray, occurred: np.ndarray) -> np.ndarray:
    """One row a visit to the exchange: when, who, from where, on which device, about which asset."""
    visit = np.zeros(len(user), EVENT)
    visit["number"] = np.arange(len(user))
    visit["occurred"], visit["user"] = occurred, user
    visit["exchange"] = user % len(EXCHANGES)
    visit["asset"] = rng.choice(len(ASSETS), len(user), p=WEIGHTS)
    visit["micros"] = micros(rng, crowd.customer_dollars[user], visit["asset"])
    slot = np.where(rng.random(len(user)) < 0.8, 0, rng.integers(0, crowd.devices[user]))
    visit["device"] = identity(user, slot, DEVICE)
    visit["ip"] = ip_number(user, (rng.random(len(user)) < 0.2) * 1, HOME_IP)
    return visit


def _trades(rng: np.random.Generator, crowd: Population, visit: np.ndarray) -> np.ndarray:
    """One to six trades a visit, minutes apart; the other side is anyone's wallet, unknown half the time."""
    many = rng.geometric(0.75, len(visit)).clip(1, 6)
    trades = np.repeat(visit, many)
    turn = np.arange(len(trades)) - np.repeat(np.cumsum(many) - many, many)
    trades["occurred"] += turn * (20 * SECOND + rng.exponential(3 * MINUTE, len(trades)).astype(np.int64))
    trades["kind"] = TRADE
    trades["micros"] = micros(rng, crowd.customer_dollars[trades["user"]], trades["asset"])
    known = rng.random(len(trades)) < 0.5
    trades["sender"] = np.where(known, own_wallet(trades["user"]), NOBODY)
    trades["receiver"] = np.where(known, wallet(rng.integers(0, crowd.wallets, len(trades))), NOBODY)
    return trades
