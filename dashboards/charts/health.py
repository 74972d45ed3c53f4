"""The pipeline's health, drawn."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboards import words
from dashboards.charts import axes
from dashboards.palette import ACCENT, BAD, CATEGORIES, QUIET
from dashboards.scope import DAY, Scope

OTHERS = "all others"


def received_over_time(received: pd.DataFrame, scope: Scope) -> go.Figure:
    """bucket, event_type, received -> stacked bars, the commonest type at the bottom."""
    counted = _commonest(axes.spread(received, "bucket", "event_type", "received"))
    return axes.stacked(axes.over_time(scope, "message parts"), counted, CATEGORIES, scope.bucket)


def lag_over_time(lag: pd.DataFrame, scope: Scope) -> go.Figure:
    """bucket, lag_seconds_p50, lag_seconds_max -> the typical and the worst lag, on a logarithmic axis."""
    figure = axes.over_time(scope, "seconds, logarithmic")
    lines = {"slowest": ("lag_seconds_max", QUIET, "dot"), "median": ("lag_seconds_p50", ACCENT, "solid")}
    for name, (column, colour, dash) in lines.items():
        figure.add_scatter(
            x=lag["bucket"],
            y=lag[column],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 5},
            customdata=[words.seconds(value) for value in lag[column]],
            hovertemplate="%{customdata}",
            **axes.spanning(scope.bucket),
        )
    return figure.update_yaxes(type="log", rangemode="normal", dtick="D2" if _is_narrow(lag) else 1)


def invalid_over_time(received: pd.DataFrame, scope: Scope) -> go.Figure:
    """bucket, received, invalid -> the share of message parts that became no event, duplicates apart."""
    counted = received.groupby("bucket")[["received", "invalid"]].sum()
    figure = axes.over_time(scope, "of message parts")
    figure.add_bar(
        x=counted.index,
        y=counted["invalid"] / counted["received"],
        name="invalid",
        marker={"color": BAD},
        customdata=counted,
        hovertemplate="%{y:.2%} (%{customdata[1]:,} of %{customdata[0]:,})",
        **axes.filling(scope.bucket),
    )
    return figure.update_yaxes(tickformat=".1~%")


def quarantine_by_day(quarantined: pd.DataFrame, scope: Scope) -> go.Figure:
    """received_date, reason, parts -> stacked bars, the commonest reason at the bottom."""
    counted = _commonest(axes.spread(quarantined, "received_date", "reason", "parts"))
    return axes.stacked(axes.by_day(scope, "message parts"), counted, CATEGORIES, DAY)


def _commonest(counted: pd.DataFrame) -> pd.DataFrame:
    """A column a kind -> the same, commonest first; what there are no more colours for is added up in one."""
    ordered = counted[counted.sum().sort_values(ascending=False).index]
    kept, rest = ordered.iloc[:, : len(CATEGORIES) - 1], ordered.iloc[:, len(CATEGORIES) - 1 :]
    return kept if rest.empty else kept.assign(**{OTHERS: rest.sum(axis=1)})


def _is_narrow(lag: pd.DataFrame) -> bool:
    """Whether the lags span less than two powers of ten, so that an axis of powers would be bare."""
    least, most = lag["lag_seconds_p50"].min(), lag["lag_seconds_max"].max()
    return bool(most < 100 * least)
