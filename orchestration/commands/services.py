"""weir demo, weir ui: the whole of Weir on simulated traffic, and the two pages that show it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.show import AsJson, doing, fail, show, stderr
from orchestration.stop_signals import stop_requested
from weir.settings import settings

ROOT = Path(__file__).resolve().parents[2]


def demo(
    events: Annotated[
        int, typer.Option(min=100, help="How many events to simulate for each domain.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same messages.")] = 1,
    attack_rate: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of events that belong to attacks.")
    ] = 0.02,
    as_json: AsJson = False,
) -> None:
    """Simulate, land, score, judge and build the marts: one Dagster run of everything."""
    from orchestration.demo import run_demo
    from orchestration.summary import summary, where_to_look

    with doing("running the demo: simulate, land, score, judge, build the marts"):
        run = run_demo(events, seed, attack_rate)
    tables = [*summary(), (f"where to look next; this was Dagster run {run.run_id[:8]}", where_to_look())]
    if as_json:
        return show([{"table": title, **row} for title, rows in tables for row in rows], as_json)
    for title, rows in tables:
        show(rows, as_json, title)
        typer.echo()


def ui(
    dagster_port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    dashboards_port: Annotated[int, typer.Option(help="Port of the dashboards.")] = 8501,
    host: Annotated[str, typer.Option(help="Address both listen on.")] = "127.0.0.1",
) -> None:
    """Open Dagster and the dashboards on what was built; Ctrl-C or SIGTERM ends both."""
    from orchestration.instance import prepared_home

    environment = os.environ | {"DAGSTER_HOME": str(prepared_home()), "WEIR_HOME": str(settings().root)}
    commands = [_dagster(host, dagster_port), _streamlit(host, dashboards_port)]
    stderr.print(
        f"Dagster     http://{host}:{dagster_port}\ndashboards  http://{host}:{dashboards_port}",
        highlight=False,
    )
    services: list[subprocess.Popen[bytes]] = []
    try:
        with stop_requested() as stop:
            # only now: what a script starts in the background ignores Ctrl-C, and so would they
            services += [subprocess.Popen(command, env=environment, cwd=ROOT) for command in commands]
            while not stop.is_set():
                _require_all(services)
                stop.wait(timeout=1)
    finally:
        _stop(services)


def _require_all(services: list[subprocess.Popen[bytes]]) -> None:
    """One page without the other is a fault to show."""
    if any(service.poll() is not None for service in services):
        fail("a page ended by itself: its reason is printed above (is the port taken?)")


def _dagster(host: str, port: int) -> list[str]:
    # what to load, and by which name, stands in pyproject.toml
    return [sys.executable, "-m", "dagster", "dev", "-h", host, "-p", str(port)]


def _streamlit(host: str, port: int) -> list[str]:
    options = ["--server.address", host, "--server.port", str(port), "--server.headless", "true"]
    return [sys.executable, "-m", "streamlit", "run", "dashboards/streamlit_app.py", *options]


def _stop(services: list[subprocess.Popen[bytes]]) -> None:
    for service in services:
        service.send_signal(signal.SIGINT)
    for service in services:
        try:
            service.wait(timeout=15)
        except subprocess.TimeoutExpired:
            service.kill()
