"""Overview: what was decided, why, about whom, and what of it was an attack."""

from __future__ import annotations

import streamlit as st

from dashboards import headlines, words
from dashboards.charts import overview as charts
from dashboards.filters import chosen_scope, event_address, is_covered
from dashboards.key_figures import key_figures
from dashboards.panels import ACTION, LAST_SEEN, SCORE, TIME, nothing, panel, plot, show_figure, table
from dashboards.queries import alerts as single
from dashboards.queries import overview
from dashboards.reader import read
from dashboards.scope import Scope

NEWEST = {
    "occurred_at": TIME,
    "subject": st.column_config.TextColumn("Subject", width=130),
    "score": SCORE,
    "action": ACTION,
    "top_rule": st.column_config.TextColumn("Top rule", width=160),
    "domain": st.column_config.TextColumn("Domain", width=90),
}
OFFENDERS = {
    "offender": st.column_config.TextColumn("Who", width=130),
    "offender_type": st.column_config.TextColumn("Is a", width=60),
    "alerts": st.column_config.NumberColumn("Alerts", format="localized", width=60),
    "score_total": st.column_config.NumberColumn("Points", format="localized", width=70),
    "last_seen_at": LAST_SEEN,
}
MOST_ATTACKS = 10


def show_totals(scope: Scope) -> None:
    now = read(overview.totals, scope).iloc[0]
    before = read(overview.totals, scope.before).iloc[0] if is_covered(scope.before) else None
    with st.grid(5, min_column_width=170):
        for figure in key_figures(now, before):
            show_figure(figure, f"vs the {words.length(scope.span)} before")


def show_decisions(scope: Scope) -> None:
    decisions = read(overview.decisions_over_time, scope)
    over_time, shares = st.columns([2, 1])
    with (
        over_time,
        panel(headlines.decisions(decisions, scope.bucket), "Decisions by action, by when it happened"),
    ):
        plot(charts.decisions_over_time(decisions, scope), "Decisions over time by action")
    with shares, panel(headlines.shares(decisions), "Share of decisions by action"):
        plot(charts.action_shares(decisions), "Share of each action")


def show_rules(scope: Scope) -> None:
    rules = read(overview.top_rules, scope)
    if rules.empty:
        with panel("No rule hit"):
            return nothing("Every event in this range scored 0.")
    with panel(headlines.rules(rules), "Events each rule hit, and the points it gave them"):
        plot(charts.rule_hits(rules), "Top rules by hits")


def show_attacks(scope: Scope) -> None:
    attacks = read(overview.attacks, scope)
    if attacks.empty:
        with panel("What was caught"):
            return nothing("No labels for these days: nobody has said yet what was fraud.")
    shown, days = attacks.head(MOST_ATTACKS), words.days(scope.start, scope.end)
    which = f"The {len(shown)} commonest of {len(attacks)}" if len(attacks) > len(shown) else "Labelled"
    with panel(headlines.attacks(attacks), f"{which} attacks of {days}: alerted, verified or missed"):
        plot(charts.attacks_caught(shown), "Labelled attacks caught")


def show_newest_alerts(scope: Scope) -> None:
    newest = read(single.found, scope, limit=100)
    if newest.empty:
        with panel("No alerts"):
            return nothing("Nothing in this range reached an action that alerts.")
    with panel("Newest alerts", "Choose one to see why"):
        state = table(newest, NEWEST, key="newest", on_select="rerun", selection_mode="single-row", most=8)
        for row in state.selection.rows:
            st.switch_page("app_pages/alerts.py", query_params=event_address(newest.iloc[row]))


def show_offenders(scope: Scope) -> None:
    offenders = read(overview.top_offenders, scope)
    if offenders.empty:
        with panel("No offenders"):
            return nothing("Nobody alerted in this range.")
    with panel(headlines.offenders(offenders), "Those with alerts, by the points of all they did"):
        table(offenders, OFFENDERS, most=8)


scope = chosen_scope()
show_totals(scope)
if read(overview.decisions_over_time, scope).empty:
    nothing("No decisions in this range.")
else:
    show_decisions(scope)
    left, right = st.columns(2)
    with left:
        show_rules(scope)
    with right:
        show_attacks(scope)
    left, right = st.columns([3, 2])
    with left:
        show_newest_alerts(scope)
    with right:
        show_offenders(scope)
