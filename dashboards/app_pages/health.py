"""Data health: what came in, how fast it was scored, what was refused, and whether the books balance."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import headlines, words
from dashboards.charts import health as charts
from dashboards.filters import chosen_scope
from dashboards.panels import nothing, panel, plot, table
from dashboards.queries import health
from dashboards.reader import read
from dashboards.scope import Scope
from weir.warehouse import published_version

FAULTS = ("missing", "doubled", "orphans")
MARKS = {"failed": "✗", "warning": "warning", "passed": "✓"}
CHECKS = {
    "result": st.column_config.TextColumn("", width=65),
    "table_name": st.column_config.TextColumn("Table", width=150),
    "check_name": st.column_config.TextColumn("Check", width=295),
    "observed": st.column_config.TextColumn("Observed", width=110),
    "expected": st.column_config.TextColumn("Expected", width=110),
    "failed_rows": st.column_config.NumberColumn("Failed rows", format="localized", width=90),
    "checked_at": st.column_config.DatetimeColumn("Checked (UTC)", format="D MMM HH:mm", width=110),
}
VERSIONS = {
    "zone": st.column_config.TextColumn("Zone"),
    "name": st.column_config.TextColumn("Table"),
    "version": st.column_config.NumberColumn("Delta version", format="localized"),
}


def show_books(scope: Scope) -> None:
    books = read(health.books, scope)
    if books.empty:
        with panel("The books"):
            return nothing("Not checked yet: run `weir check`.")
    all_balance = bool(books["balanced"].all())
    with (
        panel(
            "The books balance" if all_balance else "The books are off",
            "Every message part is accounted for once",
        ),
        st.grid(3, min_column_width=380),
    ):
        for _, book in books.iterrows():
            st.markdown(_equation(book))


def _equation(book: pd.Series) -> str:
    """A row of `books` -> its reconciliation as Markdown."""
    is_balanced = book["balanced"]
    verdict = ":green-badge[:material/check: balanced]" if is_balanced else ":red-badge[:material/close: off]"
    raw, scored, quarantined, pending = (
        f"**{words.count(book[column])}** :gray[{word}]"
        for column, word in (
            ("parts", "raw"),
            *((name, name) for name in ("scored", "quarantined", "pending")),
        )
    )
    asides = [
        words.counted(book["raw"], "message"),
        words.counted(book["duplicates"], "duplicate"),
        *([f"{words.count(book['released'])} released"] if book["released"] else []),
        *(f"{words.count(book[fault])} {fault}" for fault in FAULTS if book[fault]),
        f"checked {words.moment(book['checked_at'])}",
    ]
    equation = f"{raw} = {scored} + {quarantined} + {pending}"
    return (
        f"**{words.literal(book['domain'])}** {verdict}  \n{equation}  \n:gray[:small[{', '.join(asides)}]]"
    )


def show_volume(scope: Scope, received: pd.DataFrame) -> None:
    with panel(headlines.received(received), "Message parts by event type, by when they came"):
        plot(
            charts.received_over_time(received, scope),
            "Message parts received over time by event type",
        )


def show_invalid(scope: Scope, received: pd.DataFrame) -> None:
    with panel(headlines.invalid(received), "Share of message parts that were invalid; duplicates are not"):
        plot(charts.invalid_over_time(received, scope), "Invalid rate over time")


def show_lag(scope: Scope) -> None:
    lag = read(health.lag_over_time, scope)
    if lag.empty:
        with panel("Lag"):
            return nothing("Nothing was scored in this range.")
    with panel(headlines.lag(lag), "From a message's arrival to its decision"):
        plot(charts.lag_over_time(lag, scope), "Lag over time: median and slowest")


def show_quarantine(scope: Scope) -> None:
    quarantined = read(health.quarantine_by_day, scope)
    if quarantined.empty:
        with panel("Nothing quarantined"):
            return nothing("Every message of these days became an event.")
    with panel(headlines.quarantine(quarantined), "Message parts in quarantine by reason, by day"):
        plot(charts.quarantine_by_day(quarantined, scope), "Quarantine reasons by day")


def show_checks(scope: Scope) -> None:
    checks = read(health.checks, scope)
    if checks.empty:
        with panel("Checks"):
            return nothing("Not checked yet: run `weir check`.")
    with panel(headlines.checks(checks), "Latest result of each, failed first; a warning fails nothing"):
        table(checks.assign(result=checks["result"].map(MARKS)), CHECKS)


def show_versions() -> None:
    versions = read(health.lake_versions)
    if versions.empty:
        return nothing("These marts do not say what they were built from.")
    built = words.moment_and_year(versions["built_at"].max())
    with panel(
        f"Built {built} UTC", f"Marts {published_version()}, from these versions of the lake's tables"
    ):
        table(versions, VERSIONS)


scope = chosen_scope()
show_books(scope)
received = read(health.received_over_time, scope)
if received.empty:
    nothing("Nothing came in this range.")
else:
    left, right = st.columns(2)
    with left:
        show_volume(scope, received)
        show_invalid(scope, received)
    with right:
        show_lag(scope)
        show_quarantine(scope)
left, right = st.columns([2, 1])
with left:
    show_checks(scope)
with right:
    show_versions()
