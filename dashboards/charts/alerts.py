"""One event explained, drawn."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import plotly.graph_objects as go

from dashboards.charts import axes
from dashboards.palette import ACCENT, QUIET, action_colour, known_first

LEAST_MARGIN = timedelta(minutes=10)  # beside a lone point, so that its time can be read
HOVER = "<b>%{y}</b> %{customdata[0]}, %{customdata[1]}<br>%{customdata[2]}<br>%{x|%-d %b %H:%M:%S} UTC"


def reasons_waterfall(reasons: pd.DataFrame, score: int, action: str) -> go.Figure:
    """rule, points of one event -> each reason's step, adding up to the score; a cap steps back."""
    figure = axes.horizontal(axes.rows_high(len(reasons) + 1))
    figure.add_waterfall(
        y=[*reasons["rule"], "score"],
        x=[*reasons["points"], score],
        measure=[*["relative"] * len(reasons), "total"],
        orientation="h",
        text=[*(f"{step:+d}" for step in reasons["points"]), f"<b>{score}</b> {action}"],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": ACCENT}},
        decreasing={"marker": {"color": QUIET}},
        totals={"marker": {"color": action_colour(action)}},
        connector={"line": {"color": QUIET, "width": 1, "dash": "dot"}},
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    furthest = max([score, 1, *reasons["points"].cumsum()])
    return figure.update_xaxes(range=[0, furthest * 1.25])


def subject_history(history: pd.DataFrame, event_id: str, event_date: str) -> go.Figure:
    """event_id, event_date, event_type, occurred_at, score, action, top_rule -> each decision, one ringed."""
    figure = axes.frame(220).update_layout(hovermode="closest")
    for action in known_first(history["action"].unique()):
        rows = history[history["action"] == action]
        figure.add_scatter(
            x=rows["occurred_at"],
            y=rows["score"],
            mode="markers",
            name=action,
            customdata=rows[["event_type", "top_rule", "event_id"]].fillna("no rule hit"),
            marker={"color": action_colour(action), "size": 9, "opacity": 0.85},
            hovertemplate=HOVER,
        )
    # the same id may have come on another day, as another event
    chosen = history[(history["event_id"] == event_id) & (history["event_date"] == event_date)]
    figure.add_scatter(
        x=chosen["occurred_at"],
        y=chosen["score"],
        mode="markers",
        name="this event",
        marker={"symbol": "circle-open", "size": 18, "color": ACCENT, "line": {"width": 2.5}},
        hoverinfo="skip",
    )
    first, last = history["occurred_at"].min(), history["occurred_at"].max()
    margin = max((last - first) / 30, LEAST_MARGIN)
    figure.update_xaxes(
        range=[first - margin, last + margin], tickformat="%H:%M\n%-d %b", nticks=8, showgrid=False
    )
    return figure.update_yaxes(range=[-6, 108], title="score", dtick=25)
