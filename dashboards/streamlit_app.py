"""The dashboards: which pages there are, and that they show what was published last."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.filters import choose_scope
from dashboards.reader import follow_publishing
from weir.settings import settings
from weir.warehouse import published_version

ASSETS = Path(__file__).parent / "assets"

st.set_page_config(page_title="Weir", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")
overview = st.Page("app_pages/overview.py", title="Overview", icon=":material/monitoring:", default=True)
alerts = st.Page("app_pages/alerts.py", title="Alerts", icon=":material/notifications_active:")
health = st.Page("app_pages/health.py", title="Data health", icon=":material/ecg_heart:")
quarantine = st.Page("app_pages/quarantine.py", title="Quarantine", icon=":material/healing:")
page = st.navigation([overview, alerts, health, quarantine], position="top")
shown = published_version()
if shown is None:
    run = "Run `make demo`, or `weir marts` after a stream."
    st.info(f"No marts in `{settings().marts}` yet. {run}", icon=":material/info:")
else:
    # the filters belong to all pages, so that a choice outlives a change of page
    choose_scope("received" if page in (health, quarantine) else "minute")
    page.run()
follow_publishing(shown)
