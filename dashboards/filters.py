"""What the visitor chose to look at, kept in the address, so that a view can be shared."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import words
from dashboards.queries import overview
from dashboards.reader import read
from dashboards.scope import Scope, default_range, latest, ranges_within

EVERY_DOMAIN = "all domains"
SCOPE = "scope"


def choose_scope(clock: str) -> None:
    """Ask for domain and range; `clock` says what bounds the data: `minute` (it occurred) or `received`."""
    known = read(overview.domains)
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = _choose_domain(known["domain"].tolist())
        if chosen != EVERY_DOMAIN:
            known = known[known["domain"] == chosen]
        first, last = known[f"first_{clock}"].min(), known[f"last_{clock}"].max()
        if pd.isna(first):
            st.info("There is no data of this domain yet.", icon=":material/inbox:")
            st.stop()
        span = last - first
        chosen_range = _choose_range(ranges_within(span), default_range(span))
        scope = latest(tuple(known["domain"]), first, last, chosen_range)
        ends = f"{words.moment_and_year(scope.start)} to {words.moment_and_year(scope.end)} UTC"
        st.markdown(f":gray[:small[{ends}]]", width="content")
    st.session_state[SCOPE] = scope


def chosen_scope() -> Scope:
    """What was asked for."""
    return st.session_state[SCOPE]


def is_covered(scope: Scope) -> bool:
    """Whether there was data already when this scope begins: a part of a span is nothing to compare with."""
    known = read(overview.domains)
    first = known.loc[known["domain"].isin(scope.domains), "first_minute"].min()
    return bool(first - scope.start < scope.bucket)


def _choose_domain(names: list[str]) -> str:
    return st.selectbox(
        "Domain",
        [EVERY_DOMAIN, *names] if len(names) > 1 else names,
        key="domain",
        bind="query-params",
        label_visibility="collapsed",
        width=200,
    )


def _choose_range(names: list[str], default: str) -> str:
    chosen = st.segmented_control(
        "Range",
        names,
        default=default,
        required=True,
        key="range",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or default


def event_address(event: pd.Series) -> dict[str, str]:
    """A decision -> the parameters of an address that shows it. An id is unique only in its domain and day, and
    the parameter `domain` belongs to the filter."""
    return {
        "event_id": event["event_id"],
        "event_domain": event["domain"],
        "event_date": event["event_date"],
    }


def addressed_domains() -> tuple[str, ...]:
    """The domain that the address names for its event, if it names one."""
    return tuple(st.query_params.get_all("event_domain"))
