"""What every simulator shares: the span of time, its daily rhythm, stable identities, attacks at a rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
DEFAULT_DAYS = 10
# how busy each local hour is, midnight first: asleep until six, a lunch peak, an evening peak
HOURLY = np.array(
    [3, 2, 1, 1, 1, 2, 5, 9, 13, 15, 16, 18, 20, 19, 16, 16, 17, 20, 24, 26, 24, 18, 11, 6], float
)
# an address of the IPv6 kind is kept as a number from here on
IPV6 = 1 << 40
PUBLIC_OCTETS = np.array([n for n in range(11, 200) if n not in (100, 127, 169, 172, 192, 198)])


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of event time traffic falls into: `start` (aware) and `micros` long."""

    start: datetime
    micros: int = DEFAULT_DAYS * DAY

    @property
    def first(self) -> int:
        """Microseconds since 1970 of the start."""
        return round(self.start.astimezone(UTC).timestamp()) * SECOND

    @property
    def last(self) -> int:
        return self.first + self.micros


def rhythm(rng: np.random.Generator, span: Span, utc_offsets: np.ndarray) -> np.ndarray:
    """One moment (microseconds) per UTC offset (hours), spread over the span as people's days are."""
    count = len(utc_offsets)
    hours = rng.choice(24, count, p=HOURLY / HOURLY.sum()) - utc_offsets
    within_day = (hours * HOUR + rng.integers(0, HOUR, count)) % DAY
    days = rng.integers(0, max(1, span.micros // DAY), count)
    return span.first + days * DAY + within_day.astype(np.int64)


def mix(*parts: np.ndarray | int) -> np.ndarray:
    """Whole numbers -> one well spread unsigned 64-bit number each (splitmix64), the same in every run."""
    state = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = state + np.asarray(part).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return state


def identity(*parts: np.ndarray | int) -> np.ndarray:
    """As `mix`, but signed and never negative: for device and wallet columns."""
    return (mix(*parts) >> np.uint64(1)).astype(np.int64)


def ip_number(*parts: np.ndarray | int) -> np.ndarray:
    """Whole numbers -> a public IPv4 address each, one in eight an IPv6 address instead; see `ip_text`."""
    drawn = identity(*parts)
    ipv4 = PUBLIC_OCTETS[drawn % len(PUBLIC_OCTETS)] * (1 << 24) + (drawn >> 20) % (1 << 24)
    return np.where(drawn % 8 == 0, IPV6 + (drawn >> 8) % (1 << 39), ipv4)


def ip_text(number: int) -> str:
    """184549383 -> '11.0.4.7'; from IPV6 on an address under 2a02::."""
    if number >= IPV6:
        rest = number - IPV6
        return f"2a02:{rest >> 28 & 0xFFF:x}:{rest >> 12 & 0xFFFF:x}::{rest & 0xFFF:x}"
    return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0))


def whole_visits(made: np.ndarray, span: Span, events: int) -> np.ndarray:
    """Rows whose `number` tells their visit -> `events` rows of the first visits that lie in the span."""
    inside = made[(made["occurred"] >= span.first) & (made["occurred"] < span.last)]
    return inside[np.argsort(inside["number"], kind="stable")][:events]


def bursts(rng: np.random.Generator, start: int, count: int, mean_gap: float) -> np.ndarray:
    """`count` moments from `start` on (microseconds), apart by exponential gaps of `mean_gap` seconds."""
    gaps = rng.exponential(mean_gap * SECOND, count)
    gaps[:1] = 0
    return start + np.cumsum(gaps).astype(np.int64)


def plant(attacks: Sequence[Callable[[], np.ndarray]], events: int) -> list[np.ndarray]:
    """Attacks by turns until there are `events` attack events; the last block is cut to fit.

    Each block gets its attack's number, from 1 on, in the column `attack`.
    """
    blocks: list[np.ndarray] = []
    planted = 0
    while planted < events:
        turn = len(blocks) % len(attacks)
        block = attacks[turn]()[: events - planted]
        block["attack"] = turn + 1
        blocks.append(block)
        planted += len(block)
    return blocks


def in_order(blocks: Sequence[np.ndarray], span: Span) -> np.ndarray:
    """Blocks of events -> one array by time, numbered; no attack outruns the span."""
    events = np.concatenate(blocks)
    events["occurred"] = np.minimum(events["occurred"], span.last - 1)
    events = events[np.argsort(events["occurred"], kind="stable")]
    events["number"] = np.arange(len(events))
    return events
