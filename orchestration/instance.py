"""Dagster's home: where its runs, events and schedules are kept between commands."""

from __future__ import annotations

from pathlib import Path

from dagster import DagsterInstance

from weir.settings import settings

# nux would ask for an e-mail address before it shows the first page;
# one run at a time: Spark takes the whole machine and a domain has one writer
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def prepared_home() -> Path:
    """WEIR_HOME's Dagster folder, with a dagster.yaml when there was none; what a user wrote is kept."""
    home = settings().dagster_home
    home.mkdir(parents=True, exist_ok=True)
    configured = home / "dagster.yaml"
    if not configured.exists():
        configured.write_text(DAGSTER_YAML)
    return home


def instance() -> DagsterInstance:
    """The instance of that home, whose history `weir ui` shows."""
    return DagsterInstance.from_config(str(prepared_home()))
