"""Reads the published marts for the pages: every answer is kept until others are published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st
from duckdb import DuckDBPyConnection

from weir.warehouse import connect_marts, published_version


def read(query: Callable[..., pd.DataFrame], *arguments: Any, **options: Any) -> pd.DataFrame:
    """A function of `dashboards.queries` and its arguments after the connection -> its answer."""
    name = f"{query.__module__}.{query.__name__}"
    return _answer(published_version(), name, arguments, options, _query=query)


@st.cache_data(max_entries=500, show_spinner=False)
def _answer(
    version: str | None,
    name: str,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    _query: Callable[..., pd.DataFrame],
) -> pd.DataFrame:
    return _query(_marts(version).cursor(), *arguments, **options)


@st.cache_resource(max_entries=2, show_spinner=False)
def _marts(version: str | None) -> DuckDBPyConnection:
    return connect_marts()


@st.fragment(run_every="15s")
def follow_publishing(shown: str | None) -> None:
    """Draw the page again when other marts than those shown have been published."""
    if published_version() != shown:
        st.rerun()
