"""Quarantine: what was refused, why, how it is mended, and how much still waits for that."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import headlines
from dashboards.charts import quarantine as charts
from dashboards.filters import chosen_scope
from dashboards.panels import TIME, nothing, panel, plot, table
from dashboards.queries import quarantine
from dashboards.reader import read
from dashboards.scope import Scope
from weir.message import CUT
from weir.reason import REASONS

LISTED = 100
MEANINGS = {reason.code: reason for reason in REASONS}
SAMPLES = {
    "received_at": TIME,
    "reason": st.column_config.TextColumn("Reason", width=130),
    "column": st.column_config.TextColumn("Column", width=100),
    "value": st.column_config.TextColumn("Value or message", width=300),
    "faults": st.column_config.NumberColumn("Faults", format="localized", width=55),
    "event_id": st.column_config.TextColumn("Event", width=120),
    "partition": st.column_config.TextColumn("File or partition", width=130),
    "position": st.column_config.NumberColumn("Position", format="%d", width=90),
}


def show_reasons(refused: pd.DataFrame) -> None:
    note = "Message parts by the first reason against them, and what became of them"
    with panel(headlines.open_quarantine(refused), note):
        plot(charts.reasons(refused), "Quarantined message parts by reason: open, released, duplicates")


def choose_reason(refused: pd.DataFrame) -> str | None:
    """-> the reason to look at, None for all."""
    return st.selectbox(
        "Reason",
        refused["reason"].tolist(),
        None,
        placeholder="any",
        key="reason",
        bind="query-params",
        width=220,
    )


def show_mend(scope: Scope, reason: str | None) -> None:
    """What the reason means, how it is mended, and the commands that do it."""
    known = MEANINGS.get(reason or "")
    title, note = (
        (known.meaning.capitalize(), f"{known.code}, of the {known.scope}")
        if known
        else ("Repair and release", "")
    )
    with panel(title, note):
        if known:
            st.markdown(f":material/build: {known.mend.capitalize()}.")
        st.markdown("Repair copies of them with a mapping or a Python function. Trying one changes nothing:")
        domains = read(quarantine.domains, scope, reason)["domain"]
        st.code("\n".join(_commands(domain, reason) for domain in domains), language="bash", wrap_lines=True)


def _commands(domain: str, reason: str | None) -> str:
    """A command is of one domain: first to try the repair, then to release what it mends."""
    chosen = f" --reason {reason}" if reason else ""
    command = f"weir quarantine {domain}{chosen} --repair repair.py"
    return f"{command}\n{command} --release"


def show_samples(scope: Scope, reason: str | None) -> None:
    samples = read(quarantine.samples, scope, reason, LISTED)
    note = f"Not released yet, newest first; a value is cut to {CUT} characters"
    with panel(headlines.samples(samples, LISTED), note):
        if samples.empty:
            return nothing("All of them were released.")
        table(samples, SAMPLES, most=14)


scope = chosen_scope()
refused = read(quarantine.reasons, scope)
if refused.empty:
    with panel("Nothing quarantined"):
        nothing("Every message of these days became an event.")
else:
    reason = choose_reason(refused)
    left, right = st.columns([3, 2])
    with left:
        show_reasons(refused)
    with right:
        show_mend(scope, reason)
    show_samples(scope, reason)
