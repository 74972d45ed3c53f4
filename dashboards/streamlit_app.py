"""The dashboards: which pages there are, and that they show what was published last."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.reader import follow_publishing
from weir.settings import settings
from weir.warehouse import published_version

ASSETS = Path(__file__).parent / "assets"

st.set_page_config(page_title="Weir", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large")
page = st.navigation(
    [
        st.Page("app_pages/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("app_pages/alerts.py", title="Alerts", icon=":material/notifications_active:"),
        st.Page("app_pages/health.py", title="Data health", icon=":material/ecg_heart:"),
    ],
    position="top",
)
shown = published_version()
if shown is None:
    st.info(
        f"No marts in `{settings().marts}` yet. Run `make demo`, or `weir marts` after a stream.",
        icon=":material/info:",
    )
else:
    page.run()
follow_publishing(shown)
