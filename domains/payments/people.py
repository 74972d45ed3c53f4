"""The payments population and its ordinary days: visits with a login, a few payments, sometimes a refund."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domains.traffic import DAY, HOUR, MINUTE, SECOND, Span, identity, ip_number, rhythm, whole_visits

PAYMENT, REFUND, LOGIN = range(3)
KINDS = ("payment", "refund", "login")
EVENT = np.dtype(
    [
        ("number", np.int64),
        ("occurred", np.int64),
        ("kind", np.int8),
        ("user", np.int64),
        ("merchant", np.int64),
        ("amount", np.int64),
        ("currency", np.int8),
        ("country", np.int8),
        ("ip", np.int64),
        ("device", np.int64),
        ("attack", np.int16),
    ]
)


class Country(NamedTuple):
    """`minor_per_cent`: about how many minor units of the currency one euro cent is worth."""

    code: str
    currency: str
    exponent: int
    minor_per_cent: float
    utc_offset: int
    weight: float


COUNTRIES = (
    Country("US", "USD", 2, 1.1, -6, 0.22),
    Country("GB", "GBP", 2, 0.9, 0, 0.15),
    Country("DE", "EUR", 2, 1, 1, 0.12),
    Country("FR", "EUR", 2, 1, 1, 0.1),
    Country("ES", "EUR", 2, 1, 1, 0.06),
    Country("PL", "PLN", 2, 4.3, 1, 0.05),
    Country("SE", "SEK", 2, 11, 1, 0.04),
    Country("BR", "BRL", 2, 6, -3, 0.08),
    Country("IN", "INR", 2, 95, 5, 0.07),
    Country("NG", "NGN", 2, 1600, 1, 0.03),
    Country("JP", "JPY", 0, 1.6, 9, 0.05),
    Country("KW", "KWD", 3, 3.4, 3, 0.03),
)
WEIGHTS = np.array([country.weight for country in COUNTRIES])
MINOR_PER_CENT = np.array([country.minor_per_cent for country in COUNTRIES])
UTC_OFFSETS = np.array([country.utc_offset for country in COUNTRIES])

EVENTS_PER_USER, EVENTS_PER_VISIT = 18, 1.6
# salts keep what is derived from a user's number apart
DEVICE, HOME_IP, WORK_IP, MOBILE_IP, TRIP_IP, SHOP = range(1, 7)
POPULATION_SEED = 20_26


@dataclass(frozen=True, slots=True)
class People:
    """Habits, one entry a user. A user of some number is the same person under every seed and size."""

    home: np.ndarray  # index into COUNTRIES
    activity: np.ndarray  # relative rate of visits
    median: np.ndarray  # of the amounts paid, in minor units
    devices: np.ndarray  # 1-3
    sleeper: np.ndarray  # is active in the span's first eighth only
    trip: np.ndarray  # index into COUNTRIES of a journey, -1 for none
    trip_start: np.ndarray  # 0-1 of the span
    merchants: int

    @property
    def count(self) -> int:
        return len(self.home)


def people(count: int) -> People:
    """The first `count` people there are."""
    uniform = np.random.default_rng([POPULATION_SEED, 1]).random((count, 6))
    normal = np.random.default_rng([POPULATION_SEED, 2]).standard_normal((count, 2))
    home = np.searchsorted(np.cumsum(WEIGHTS), uniform[:, 0] * WEIGHTS.sum()).clip(0, len(COUNTRIES) - 1)
    abroad = (home + 1 + (uniform[:, 1] * (len(COUNTRIES) - 1)).astype(int)) % len(COUNTRIES)
    return People(
        home=home,
        activity=np.exp(0.7 * normal[:, 0]),
        median=np.exp(np.log(2500) + 0.7 * normal[:, 1]) * MINOR_PER_CENT[home],
        devices=1 + (uniform[:, 2] > 0.5) + (uniform[:, 2] > 0.85),
        sleeper=uniform[:, 3] < 0.03,
        trip=np.where(uniform[:, 4] < 0.04, abroad, -1),
        trip_start=uniform[:, 5],
        merchants=max(40, count // 6),
    )


def device(user: np.ndarray | int, slot: np.ndarray | int) -> np.ndarray:
    """A user's own device; one in thirty shares the first one with the neighbour, as households do."""
    household = (np.asarray(user) // 2) % 30 == 0
    owner = np.where(household & (np.asarray(slot) == 0), np.asarray(user) // 2 * 2, user)
    return identity(owner, slot, DEVICE)


def ordinary(rng: np.random.Generator, crowd: People, span: Span, events: int) -> np.ndarray:
    """Exactly `events` events of ordinary life."""
    visits = round(events / EVENTS_PER_VISIT * 1.2) + 60
    user = rng.choice(crowd.count, visits, p=crowd.activity / crowd.activity.sum())
    visit = _visits(rng, crowd, span, user)
    bought = _payments(rng, crowd, visit)
    logins = _logins(rng, visit)
    refunds = _refunds(rng, bought)
    return whole_visits(np.concatenate([bought, logins, refunds]), span, events)


def _visits(rng: np.random.Generator, crowd: People, span: Span, user: np.ndarray) -> np.ndarray:
    """One row a visit: when, who, from where, on which device; no amount yet."""
    visit = np.zeros(len(user), EVENT)
    visit["number"] = np.arange(len(user))
    home = crowd.home[user]
    occurred = rhythm(rng, span, UTC_OFFSETS[home])
    early = span.first + (occurred - span.first) // 8
    visit["occurred"] = np.where(crowd.sleeper[user], early, occurred)
    trip_start = span.first + (crowd.trip_start[user] * span.micros).astype(np.int64)
    away = (crowd.trip[user] >= 0) & (visit["occurred"] >= trip_start)
    away &= visit["occurred"] < trip_start + 3 * DAY
    slot = np.where(rng.random(len(user)) < 0.8, 0, rng.integers(0, crowd.devices[user]))
    visit["user"] = user
    visit["country"] = np.where(away, crowd.trip[user], home)
    visit["currency"] = home
    visit["device"] = device(user, slot)
    visit["ip"] = np.where(away, ip_number(user, TRIP_IP), _home_ips(rng, crowd, user))
    return visit


def _home_ips(rng: np.random.Generator, crowd: People, user: np.ndarray) -> np.ndarray:
    """Mostly the user's own address, sometimes the office's (8 people) or the phone network's (25 people)."""
    where = rng.random(len(user))
    return np.select(
        [where < 0.7, where < 0.85],
        [ip_number(user, HOME_IP), ip_number(user // 8, WORK_IP)],
        ip_number(user % max(1, crowd.count // 25), MOBILE_IP),
    )


def _payments(rng: np.random.Generator, crowd: People, visit: np.ndarray) -> np.ndarray:
    """Each visit's one to five payments, minutes apart, mostly to the user's five usual merchants."""
    many = rng.geometric(0.75, len(visit)).clip(1, 5)
    bought = np.repeat(visit, many)
    turn = np.arange(len(bought)) - np.repeat(np.cumsum(many) - many, many)
    bought["occurred"] += turn * (30 * SECOND + rng.exponential(4 * MINUTE, len(bought)).astype(np.int64))
    bought["kind"] = PAYMENT
    bought["merchant"] = merchants(rng, crowd, bought["user"])
    bought["amount"] = amounts(rng, crowd, bought["user"])
    return bought


def merchants(rng: np.random.Generator, crowd: People, user: np.ndarray) -> np.ndarray:
    """A usual merchant four times out of five, else any, the popular ones more often."""
    usual = identity(user, rng.integers(0, 5, len(user)), SHOP) % crowd.merchants
    popular = (rng.random(len(user)) ** 2 * crowd.merchants).astype(np.int64)
    return np.where(rng.random(len(user)) < 0.8, usual, popular)


def amounts(rng: np.random.Generator, crowd: People, user: np.ndarray) -> np.ndarray:
    """Log-normal about each user's median, in minor units, at least 1."""
    drawn = crowd.median[user] * np.exp(0.5 * rng.standard_normal(len(user)))
    return np.maximum(1, drawn).astype(np.int64)


def _logins(rng: np.random.Generator, visit: np.ndarray) -> np.ndarray:
    """A third of the visits begin with a login, a few minutes before."""
    logins = visit[rng.random(len(visit)) < 0.35].copy()
    logins["occurred"] -= rng.integers(20 * SECOND, 5 * MINUTE, len(logins))
    logins["kind"] = LOGIN
    return logins


def _refunds(rng: np.random.Generator, bought: np.ndarray) -> np.ndarray:
    """One payment in fifty is paid back within three days."""
    refunds = bought[rng.random(len(bought)) < 0.02].copy()
    refunds["occurred"] += rng.integers(HOUR, 3 * DAY, len(refunds))
    refunds["kind"] = REFUND
    return refunds
