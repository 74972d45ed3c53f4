"""Figures before their data: margins, axes and legends, the same for every chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboards.scope import DAY, Scope

HEIGHT = 300
ROW = 38  # pixels that a horizontal bar takes, its gap included
LEGEND, MARGIN = 30, 16  # pixels
FEWEST_BUCKETS = 12  # a shorter span is drawn as if it were this long: one bar must not fill the chart
FEWEST_DAYS = 5
MILLISECOND = timedelta(milliseconds=1)
FILLED = 0.86  # of a bucket's width


def frame(height: int = HEIGHT) -> go.Figure:
    """An empty figure: a legend above, thousands separators, and room only where it is needed."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        separators=".,",
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        barcornerradius=2,
    )
    return figure.update_xaxes(automargin=True).update_yaxes(automargin=True)


def over_time(scope: Scope, unit: str) -> go.Figure:
    """What is looked at and what is counted -> axes of UTC time and of that unit, from zero."""
    figure = frame().update_layout(barmode="stack")
    figure.update_yaxes(title=unit, rangemode="tozero", tickformat=",~r", nticks=5)
    figure.update_xaxes(showgrid=False, hoverformat="%-d %b %H:%M UTC", tickformat="%H:%M\n%-d %b", nticks=9)
    start, end = scope.ticks
    missing = max(FEWEST_BUCKETS * scope.bucket - (end - start), timedelta())
    return figure.update_xaxes(range=[start - missing / 2, end + missing / 2])


def by_day(scope: Scope, unit: str) -> go.Figure:
    """Like `over_time`, by whole days; a day's name stands below its bar."""
    days = scope.days
    figure = over_time(days, unit)
    missing = max(FEWEST_DAYS * DAY - days.span, timedelta())
    figure.update_xaxes(range=[days.start - missing / 2, days.end + missing / 2])
    return figure.update_xaxes(
        tickformat="%-d %b", hoverformat="%-d %b", dtick=DAY / MILLISECOND, ticklabelmode="period"
    )


def stacked(figure: go.Figure, counted: pd.DataFrame, colours: Iterable[str], bucket: timedelta) -> go.Figure:
    """One row a bucket, a column a kind, and the kinds' colours -> their bars, the first kind at the bottom."""
    for kind, colour in zip(counted.columns, colours, strict=False):
        figure.add_bar(
            x=counted.index,
            y=counted[kind],
            name=kind,
            marker={"color": colour},
            hovertemplate="%{y:,}",
            **filling(bucket),
        )
    return figure


def filling(bucket: timedelta) -> dict[str, Any]:
    """What makes a bar stand over its whole bucket, while its hover names the bucket's start."""
    return {"width": bucket / MILLISECOND * FILLED, **spanning(bucket)}


def spanning(bucket: timedelta) -> dict[str, Any]:
    """What puts a point in the middle of its bucket, while its hover names the bucket's start."""
    return {"xperiod": bucket / MILLISECOND, "xperiodalignment": "middle"}


def horizontal(height: int) -> go.Figure:
    """Axes for horizontal bars, the first at the top."""
    figure = frame(height)
    figure.update_layout(hovermode="closest", bargap=0.35, showlegend=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return figure.update_xaxes(showgrid=False, showticklabels=False, zeroline=False)


def rows_high(rows: int) -> int:
    """How many pixels that many horizontal bars need."""
    return rows * ROW + MARGIN


def ranked(values: pd.Series, texts: Sequence[str], colours: Sequence[str], room: float) -> go.Figure:
    """A bar a value with a text beside it, as high as charts over time; room for it is in bar lengths."""
    figure = horizontal(HEIGHT).update_layout(bargap=0.5)
    figure.add_bar(
        y=values.index,
        x=values,
        orientation="h",
        marker={"color": list(colours)},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    return figure.update_xaxes(range=[0, values.max() * (1 + room)])


def parted(parts: Mapping[str, tuple[pd.Series, str]], unit: str = "") -> go.Figure:
    """A part's name -> its values by row, and its colour: a stacked bar a row."""
    rows = next(iter(parts.values()))[0].index
    figure = horizontal(rows_high(len(rows)) + LEGEND)
    for name, (values, colour) in parts.items():
        figure.add_bar(
            y=rows,
            x=values,
            name=name,
            orientation="h",
            marker={"color": colour},
            hovertemplate=f"%{{y}}: %{{x:,}} {unit}",
        )
    return figure.update_layout(barmode="stack", showlegend=True)


def spread(counts: pd.DataFrame, index: str, kind: str, value: str) -> pd.DataFrame:
    """One row an index and kind -> one row an index, a column a kind; what there was none of is 0."""
    return counts.pivot_table(index=index, columns=kind, values=value, aggfunc="sum", fill_value=0)
