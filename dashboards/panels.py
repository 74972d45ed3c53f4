"""The pieces that pages are put together from: panels, charts, tables, key figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboards import words
from dashboards.key_figures import KeyFigure
from dashboards.palette import ACCENT, ACTIONS

Height = Literal["stretch", "content"]
ROW = 33  # pixels that a table's row takes
TIME = st.column_config.DatetimeColumn("Time (UTC)", format="D MMM HH:mm:ss", width=125)
LAST_SEEN = st.column_config.DatetimeColumn("Last seen (UTC)", format="D MMM HH:mm", width=110)
SCORE = st.column_config.ProgressColumn("Score", max_value=100, format="%d", color=ACCENT, width=80)
ACTION = st.column_config.MultiselectColumn("Action", options=ACTIONS, color=ACTIONS.values(), width=90)


@contextmanager
def panel(title: str, note: str = "", height: Height = "stretch") -> Iterator[None]:
    """A bordered card that says what it shows; unless told otherwise as high as its neighbours."""
    with st.container(border=True, height=height):
        below = f"  \n:gray[:small[{words.literal(note)}]]" if note else ""
        st.markdown(f"**{words.literal(title)}**{below}")
        yield


def show_figure(figure: KeyFigure, since: str) -> None:
    """A key figure as a card; `since` says what its change compares it with."""
    is_moving = figure.change != words.UNCHANGED
    st.metric(
        figure.label,
        figure.value,
        figure.change,
        delta_color="inverse" if figure.more_is_worse and is_moving else "off",
        delta_arrow="auto" if is_moving else "off",
        delta_description=None if figure.change is None else since,
        border=True,
    )


def plot(figure: go.Figure, alt: str) -> None:
    """Draw a figure as wide as there is room; `alt` is what it says to who cannot see it."""
    st.plotly_chart(figure, config={"displayModeBar": False}, alt=alt, key=alt)


def table(rows: pd.DataFrame, columns: dict[str, Any], most: int = 10, **options: Any) -> Any:
    """Show these columns in their order, at most so many rows at a time; with `on_select` -> what is selected."""
    if "action" in rows:
        rows = rows.assign(action=rows["action"].map(lambda action: [action]))
    return st.dataframe(
        rows,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        placeholder="",
        row_height=ROW,
        height=(min(len(rows), most) + 1) * ROW + 3,
        **options,
    )


def show_facts(facts: Mapping[str, Any]) -> None:
    """Labels with their values; what is missing says so."""
    with st.grid(3, min_column_width=190, gap="small"):
        for label, value in facts.items():
            text = words.MISSING if value is None or pd.isna(value) else words.literal(str(value))
            st.markdown(f":gray[:small[{label}]]  \n{text}")


def nothing(text: str) -> None:
    """What an empty panel says instead of a chart."""
    st.space("small")
    st.markdown(f":gray[:material/inbox: {text}]")
    st.space("small")
