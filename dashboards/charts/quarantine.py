"""What became of refused messages, drawn."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboards import words
from dashboards.charts import axes
from dashboards.palette import ACCENT, BAD, MISSED

PARTS = {"open": BAD, "released": ACCENT, "duplicates": MISSED}


def reasons(refused: pd.DataFrame) -> go.Figure:
    """reason, parts, open, released, duplicates -> a bar a reason, parted by what became of its messages."""
    counted = refused.set_index("reason")
    figure = axes.parted(
        {name: (counted[name], colour) for name, colour in PARTS.items()}, unit="message parts"
    )
    texts = [
        f"<b>{words.count(number)}</b>  {words.count(parts)} in all"
        for number, parts in counted[["open", "parts"]].values
    ]
    figure.update_traces(selector=-1, text=texts, textposition="outside", cliponaxis=False)
    return figure.update_xaxes(range=[0, counted["parts"].max() * 1.5])
