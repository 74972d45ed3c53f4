"""What a page looks at: which domains, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

RANGES = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
DEFAULT_RANGE = "24h"
ALL = "all"
DAY = timedelta(days=1)
BUCKETS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 3, 6)),
    DAY,
)
MIDNIGHT = datetime(2000, 1, 1)  # any would do
MOST_BUCKETS = 60  # more bars than this are a carpet, not a chart


@dataclass(frozen=True, slots=True)
class Scope:
    """Domains and a span of UTC time: start is in it, end is not."""

    domains: tuple[str, ...]
    start: datetime
    end: datetime

    @property
    def span(self) -> timedelta:
        return self.end - self.start

    @property
    def before(self) -> Scope:
        """The equally long span that ends where this one starts."""
        return Scope(self.domains, self.start - self.span, self.start)

    @property
    def days(self) -> Scope:
        """The whole days that this touches, for what is counted by day."""
        start, end = (
            time - (time - MIDNIGHT) % DAY for time in (self.start, self.end - timedelta.resolution)
        )
        return Scope(self.domains, start, end + DAY)

    @property
    def ticks(self) -> tuple[datetime, datetime]:
        """The start of the first bucket and the end of the last: buckets begin on the clock's round times."""
        before = (self.start - MIDNIGHT) % self.bucket
        after = -(self.end - MIDNIGHT) % self.bucket
        return self.start - before, self.end + after

    @property
    def bounds(self) -> dict[str, object]:
        """The parameters that every scoped query binds."""
        return {"domains": list(self.domains), "start": self.start, "end": self.end}

    @property
    def bucket(self) -> timedelta:
        """The finest bucket that keeps a chart of this span readable."""
        return next((bucket for bucket in BUCKETS if self.span / bucket <= MOST_BUCKETS), BUCKETS[-1])


def ranges_within(span: timedelta) -> list[str]:
    """How long the data goes on -> the names of the ranges that cut it, shortest first, and `all`."""
    return [name for name, length in RANGES.items() if length < span] + [ALL]


def default_range(span: timedelta) -> str:
    """The latest day, or all there is when that is less."""
    return DEFAULT_RANGE if DEFAULT_RANGE in ranges_within(span) else ALL


def latest(domains: tuple[str, ...], first: datetime, last: datetime, name: str) -> Scope:
    """The named range that ends with the data's last minute (not with the clock: data may be old)."""
    end = last + timedelta(minutes=1)
    return Scope(domains, end - RANGES[name] if name in RANGES else first, end)
