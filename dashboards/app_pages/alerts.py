"""Alerts: find a decision, then see why it was made, where it came from and who else is in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboards import headlines, words
from dashboards.charts import alerts as charts
from dashboards.filters import addressed_domains, chosen_scope, event_address
from dashboards.palette import ACTIONS
from dashboards.panels import ACTION, LAST_SEEN, SCORE, TIME, nothing, panel, plot, show_facts, table
from dashboards.queries import alerts
from dashboards.reader import read
from dashboards.scope import Scope
from weir.shell import explain_command

LISTED = 500
DECISION = ("domain", "event_id", "event_date")  # together they tell one
STOPPING = [action for action in ACTIONS if action != "allow"]
FOUND = {
    "occurred_at": TIME,
    "subject": st.column_config.TextColumn("Subject", width=95),
    "score": SCORE,
    "action": ACTION,
    "top_rule": st.column_config.TextColumn("Top rule", width=140),
}
REASONS = {
    "points": st.column_config.NumberColumn("Points", format="%+d", width=60),
    "rule": st.column_config.TextColumn("Rule", width=170),
    "text": st.column_config.TextColumn("Because", width="large"),
}
SHARING = {
    "subject": st.column_config.TextColumn("Who", width=160),
    "shared": st.column_config.TextColumn("Same", width=100),
    "decisions": st.column_config.NumberColumn("Decisions", format="localized", width=80),
    "alerts": st.column_config.NumberColumn("Alerts", format="localized", width=70),
    "last_seen_at": LAST_SEEN,
}


def choose_decisions(scope: Scope) -> pd.DataFrame:
    """-> the decisions that answer the filters."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actions = st.pills("Action", STOPPING, selection_mode="multi", key="action", bind="query-params")
        rules = read(alerts.rules, scope)["rule"].tolist()
        rule = st.selectbox(
            "Rule", rules, None, placeholder="any", key="rule", bind="query-params", width=200
        )
        search = st.text_input(
            "Search",
            placeholder="subject, event, address, device",
            key="search",
            bind="query-params",
            width=250,
        )
        least_score = st.slider("Lowest score", 0, 100, step=5, key="score", bind="query-params", width=180)
    return read(alerts.found, scope, tuple(actions), rule, search, least_score, LISTED)


def remember_choice(found: pd.DataFrame, key: str) -> None:
    """Put the chosen row's event into the address, which then shows it to whoever opens it."""
    for row in st.session_state[key].selection.rows:
        st.query_params.update(event_address(found.iloc[row]))


def event_to_explain(scope: Scope, found: pd.DataFrame) -> pd.Series | None:
    """-> the decision that the address names (the newest of that id when it tells no day), or else the newest
    found."""
    if "event_id" in st.query_params:
        domains = addressed_domains() or scope.domains
        named = st.query_params["event_id"], st.query_params.get("event_date")
    elif len(found):
        domains = (found["domain"].iloc[0],)
        named = found["event_id"].iloc[0], found["event_date"].iloc[0]
    else:
        return None
    events = read(alerts.event, domains, *named)
    return None if events.empty else events.iloc[0]


def show_found(found: pd.DataFrame, event: pd.Series | None) -> None:
    note = "Those that alert, or of the actions chosen; newest first"
    with panel(headlines.found(found, LISTED), note, height="content"):
        if found.empty:
            return nothing("Nothing answers these filters in this range.")
        # a selection is kept by row number, so another list must be another table
        key = f"found {pd.util.hash_pandas_object(found[list(DECISION)]).sum()}"
        table(
            found,
            FOUND,
            key=key,
            most=22,
            on_select=lambda: remember_choice(found, key),
            selection_mode="single-row",
            selection_default={"selection": {"rows": rows_of(found, event)}},
        )


def rows_of(found: pd.DataFrame, event: pd.Series | None) -> list[int]:
    """Where in the list the event is, if it is there."""
    if event is None:
        return []
    is_event = np.logical_and.reduce([found[column] == event[column] for column in DECISION])
    return np.flatnonzero(is_event).tolist()


def show_explanation(event: pd.Series) -> None:
    reasons = read(alerts.reasons, *event[list(DECISION)])
    with panel(headlines.reasons(reasons, event["score"], event["action"]), f"Event {event['event_id']}"):
        plot(charts.reasons_waterfall(reasons, event["score"], event["action"]), "Points of each reason")
        if not reasons.empty:
            table(reasons, REASONS)


def show_event(event: pd.Series) -> None:
    amount = None if pd.isna(event["amount"]) else f"{words.exact(event['amount'])} {event['unit'] or ''}"
    with panel("What happened"):
        show_facts(
            {
                "Type": event["event_type"],
                "Subject": event["subject"],
                "Counterparty": event["counterparty"],
                "Amount": amount,
                "IP address": event["ip_address"],
                "Device": event["device_id"],
                "Country": event["country"],
                "Occurred (UTC)": words.instant(event["occurred_at"]),
                "Arrived": "late: after a later event" if event["is_late"] else "in order",
            }
        )


def show_origin(event: pd.Series) -> None:
    with panel("Where it came from"):
        show_facts(
            {
                "Source": event["source"],
                "Partition": event["partition"],
                "Position · part": f"{event['position']} · {event['part']}",
                "Batch · seq": f"{event['batch_id']} · {event['seq']}",
                "Ruleset": event["ruleset"],
                "Pack": event["pack"],
                "Received (UTC)": words.instant(event["received_at"]),
                "Scored after": words.seconds(event["lag_seconds"]),
                "Model": event["model"],
            }
        )
        st.code(explain_command(event["domain"], event["event_id"]), language="bash")


def show_subject(event: pd.Series) -> None:
    if pd.isna(event["subject"]):
        with panel("Nobody is named"):
            return nothing("The event has no subject, whose other decisions would stand here.")
    history = read(alerts.subject_history, event["domain"], event["subject"])
    with panel(headlines.subject_history(history, event["subject"]), "Score of each, by when it happened"):
        plot(
            charts.subject_history(history, event["event_id"], event["event_date"]),
            "The subject's decisions over time",
        )


def show_sharing(event: pd.Series) -> None:
    others = read(alerts.sharing, *event[list(DECISION)], LISTED)
    if others.empty:
        with panel("Nobody else"):
            return nothing("No other subject used this address or device.")
    with panel(headlines.sharing(others, LISTED), "Other subjects with the same IP address or device"):
        table(others, SHARING)


scope = chosen_scope()
found = choose_decisions(scope)
event = event_to_explain(scope, found)
listed, explained = st.columns(2)
with listed:
    show_found(found, event)
with explained:
    if event is None:
        with panel("No decision to explain"):
            nothing("None is chosen, or the one in the address is not in these domains or not of that day.")
    else:
        show_explanation(event)
        show_event(event)
        show_subject(event)
        show_sharing(event)
        show_origin(event)
