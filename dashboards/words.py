"""Numbers, times and comparisons as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

MISSING = "–"
UNCHANGED = "no change"
MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~:$^")


def count(value: float) -> str:
    """12345 -> '12,345'."""
    return f"{value:,.0f}"


def counted(value: float, noun: str) -> str:
    """(1, 'alert') -> '1 alert', (1200, 'alert') -> '1,200 alerts'."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def rate(value: float | None) -> str:
    """0.0534 -> '5.3%'; as many digits as small rates need."""
    if value is None or pd.isna(value):
        return MISSING
    return f"{value:.2%}" if 0 < abs(value) < 0.01 else f"{value:.1%}"


def ratio(part: float, whole: float) -> float | None:
    """Part of a whole as a rate; None of nothing."""
    return part / whole if whole else None


def seconds(value: float | None) -> str:
    """0.02 -> '20 ms', 1.4 -> '1.4 s', 95 -> '1 min 35 s', 7500 -> '2 h 5 min'."""
    if value is None or pd.isna(value):
        return MISSING
    size, sign = abs(value), "-" if value < 0 else ""
    if size < 1:
        return f"{sign}{size * 1000:.0f} ms"
    if size < 60:
        return f"{sign}{size:.1f} s"
    minutes, rest = divmod(round(size), 60)
    if minutes < 60:
        return f"{sign}{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{count(hours)} h {minutes} min"


def moment(value: datetime) -> str:
    """'13 Mar 07:30', always UTC."""
    return f"{value.day} {value:%b %H:%M}"


def moment_and_year(value: datetime) -> str:
    """'13 Mar 2026 07:30'."""
    return f"{value.day} {value:%b %Y %H:%M}"


def length(span: timedelta) -> str:
    """'30 min', '24 h', '3 days': the largest unit that fits."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"


def growth(now: float, before: float) -> str | None:
    """How much more or less than before, in percent; None when there was nothing before."""
    return _signed(f"{now / before - 1:+.1%}") if before else None


def more(now: float, before: float) -> str:
    """Two counts -> '+1,200'."""
    return _signed(f"{now - before:+,.0f}")


def points_apart(now: float | None, before: float | None) -> str | None:
    """Two rates -> '+1.2 pp' (percentage points)."""
    return None if now is None or before is None else _signed(f"{100 * (now - before):+.2f} pp")


def share_label(share: float) -> str:
    """A share as a bar's label: '83%', or nothing where the bar is too short for it."""
    return f"{share:.0%}" if share >= 0.08 else ""


def seconds_apart(now: float, before: float) -> str | None:
    """Two durations -> '+1.2 s'; None when one is missing."""
    if pd.isna(now) or pd.isna(before):
        return None
    return _signed(f"{'+' if now >= before else ''}{seconds(now - before)}")


def shortened(name: str, longest: int = 20) -> str:
    """A wallet's 42 characters -> '0x8589427…1fda16'; names that fit stay."""
    return name if len(name) <= longest else f"{name[: longest // 2 - 1]}…{name[-(longest // 2 - 4) :]}"


def days(start: datetime, end: datetime) -> str:
    """The days that a span touches (its end is not in it): '13 Mar', '11 to 13 Mar'."""
    first, last = start.date(), (end - timedelta(microseconds=1)).date()
    if first == last:
        return f"{last.day} {last:%b}"
    return f"{first.day}{'' if first.month == last.month else f' {first:%b}'} to {last.day} {last:%b}"


def exact(amount: str) -> str:
    """'1234.5000' -> '1,234.5', without going through a float."""
    whole, _, fraction = amount.partition(".")
    fraction = fraction.rstrip("0")
    return f"{int(whole):,}" + (f".{fraction}" if fraction else "")


def instant(value: datetime) -> str:
    """'13 Mar 2026 07:30:12.345'."""
    return f"{moment_and_year(value)}:{value:%S}.{value.microsecond // 1000:03}"


def _signed(change: str) -> str:
    """'+0.00 pp' -> 'no change': a change too small to be seen is none."""
    return change if any(digit in change for digit in "123456789") else UNCHANGED


def literal(text: str) -> str:
    """Text from data -> Markdown that shows it as it is."""
    return "".join(f"\\{letter}" if letter in MARKDOWN else letter for letter in text)
