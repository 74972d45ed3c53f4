"""What the visitor chose to look at, kept in the address, so that a view can be shared."""

from __future__ import annotations

import streamlit as st

from dashboards import words
from dashboards.queries import overview
from dashboards.reader import read
from dashboards.scope import Scope, default_range, latest, ranges_within

EVERY_DOMAIN = "all domains"


def choose_scope(first: str, last: str) -> Scope:
    """Domain and range asked for -> scope; `first`, `last`: columns of `domains` that bound the data."""
    known = read(overview.domains)
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = _choose_domain(known["domain"].tolist())
        if chosen != EVERY_DOMAIN:
            known = known[known["domain"] == chosen]
        if known[first].isna().all():
            st.info("No data of this domain yet.", icon=":material/inbox:")
            st.stop()
        begin, end = known[first].min(), known[last].max()
        scope = latest(
            tuple(known["domain"]),
            begin,
            end,
            _choose_range(ranges_within(end - begin), default_range(end - begin)),
        )
        ends = f"{words.moment_and_year(scope.start)} to {words.moment_and_year(scope.end)} UTC"
        st.markdown(f":gray[:small[{ends}]]", width="content")
    return scope


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
