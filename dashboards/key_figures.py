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


def key_figures(now: pd.Series, before: pd.Series) -> list[KeyFigure]:
    """Two rows of `queries.overview.totals` -> the figures; no change is told of a span without decisions."""
    comparable = before if before["decisions"] else None
    alert_rate, alert_change = _rate("alerts", "decisions", now, comparable)
    invalid_rate, invalid_change = _rate("invalid", "received", now, comparable)
    decisions, blocked, lag = (now[name] for name in ("decisions", "blocked", "lag_seconds_p50"))
    growth = lag_change = more_blocked = None
    if comparable is not None:
        growth = words.growth(decisions, comparable["decisions"])
        more_blocked = f"{blocked - comparable['blocked']:+,.0f}"
        lag_change = words.seconds_apart(lag, comparable["lag_seconds_p50"])
    return [
        KeyFigure("Decisions", words.count(decisions), growth),
        KeyFigure("Alert rate", alert_rate, alert_change, more_is_worse=True),
        KeyFigure("Blocked", words.count(blocked), more_blocked),
        KeyFigure("Median lag", words.seconds(lag), lag_change, more_is_worse=True),
        KeyFigure("Invalid messages", invalid_rate, invalid_change, more_is_worse=True),
    ]


def _rate(part: str, whole: str, now: pd.Series, before: pd.Series | None) -> tuple[str, str | None]:
    rate = words.ratio(now[part], now[whole])
    rate_before = None if before is None else words.ratio(before[part], before[whole])
    return words.rate(rate), words.points_apart(rate, rate_before)
