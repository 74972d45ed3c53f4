"""A span of time as people write it."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=3660)
EXAMPLES = "30s, 5m, 24h or 90d"
_WRITTEN = re.compile(r"([1-9][0-9]{0,9})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta | None:
    """'30s', '5m', '24h', '7d' -> timedelta; None for anything else, and for more than LONGEST."""
    match = _WRITTEN.fullmatch(text)
    if not match or int(match[1]) > LONGEST.total_seconds():
        return None
    span = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return span if span <= LONGEST else None
