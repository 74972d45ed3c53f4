"""What was decided, drawn."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboards import words
from dashboards.charts import axes
from dashboards.palette import ACCENT, CATEGORIES, MISSED, action_colour, known_first
from dashboards.scope import Scope


def decisions_over_time(decisions: pd.DataFrame, scope: Scope) -> go.Figure:
    """bucket, action, decisions -> stacked bars, the mildest action at the bottom."""
    counted = axes.spread(decisions, "bucket", "action", "decisions")
    counted = counted[known_first(counted.columns)]
    colours = map(action_colour, counted.columns)
    return axes.stacked(axes.over_time(scope, "decisions"), counted, colours, scope.bucket)


def action_shares(decisions: pd.DataFrame) -> go.Figure:
    """action, decisions -> a bar an action, its share of all."""
    counted = decisions.groupby("action")["decisions"].sum()
    counted = counted.reindex(known_first(counted.index))
    texts = [f"<b>{words.rate(number / counted.sum())}</b>  {words.count(number)}" for number in counted]
    return axes.ranked(
        counted / counted.sum(), texts, [action_colour(action) for action in counted.index], room=0.5
    )


def rule_hits(rules: pd.DataFrame) -> go.Figure:
    """rule, hits, points, sole_hits -> a bar a rule: the events it alone hit, and those others hit too."""
    rules = rules.set_index("rule")
    texts = [
        f"<b>{words.count(hits)}</b>  {words.count(points)} points"
        for hits, points in rules[["hits", "points"]].values
    ]
    parts = {
        "no other rule hit": (rules["sole_hits"], ACCENT),
        "others hit too": (rules["hits"] - rules["sole_hits"], CATEGORIES[1]),
    }
    figure = axes.parted(parts, unit="events")
    figure.update_traces(selector=-1, text=texts, textposition="outside", cliponaxis=False)
    return figure.update_xaxes(range=[0, rules["hits"].max() * 1.5])


def attacks_caught(attacks: pd.DataFrame) -> go.Figure:
    """attack, events, alerted, verified, missed -> what became of each attack's events, in percent."""
    attacks = attacks.set_index("attack")
    colours = {"alerted": ACCENT, "verified": CATEGORIES[1], "missed": MISSED}
    figure = axes.parted(
        {part: (attacks[part] / attacks["events"], colour) for part, colour in colours.items()}
    )
    for part in colours:
        figure.update_traces(
            selector={"name": part},
            customdata=attacks[part],
            text=[words.share_label(share) for share in attacks[part] / attacks["events"]],
            textposition="inside",
            insidetextanchor="middle",
            hovertemplate="%{y}: %{customdata:,} events, %{x:.1%}",
        )
    return figure.update_xaxes(range=[0, 1])
