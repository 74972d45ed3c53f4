"""The figures on top of the overview: a row of totals, and of the span before -> what to show of each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboards import words


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A labelled value, how it changed (None: nothing to compare with), and whether more is worse."""

    label: str
    value: str
    change: str | None
    more_is_worse: bool = False


def key_figures(now: pd.Series, before: pd.Series | None) -> list[KeyFigure]:
    """Totals (`queries.overview`) of a span and of the one before it, None if not known -> the figures."""
    alert_rate, alert_change = _rate("alerts", "decisions", now, before)
    invalid_rate, invalid_change = _rate("invalid", "received", now, before)
    growth = more_blocked = lag_change = None
    if before is not None:
        growth = words.growth(now["decisions"], before["decisions"])
        more_blocked = words.more(now["blocked"], before["blocked"])
        lag_change = words.seconds_apart(now["lag_seconds_p50"], before["lag_seconds_p50"])
    return [
        KeyFigure("Decisions", words.count(now["decisions"]), growth),
        KeyFigure("Alert rate", alert_rate, alert_change, more_is_worse=True),
        KeyFigure("Blocked", words.count(now["blocked"]), more_blocked),
        KeyFigure("Median lag", words.seconds(now["lag_seconds_p50"]), lag_change, more_is_worse=True),
        KeyFigure("Invalid messages", invalid_rate, invalid_change, more_is_worse=True),
    ]


def _rate(part: str, whole: str, now: pd.Series, before: pd.Series | None) -> tuple[str, str | None]:
    rate = words.ratio(now[part], now[whole])
    rate_before = None if before is None else words.ratio(before[part], before[whole])
    return words.rate(rate), words.points_apart(rate, rate_before)
