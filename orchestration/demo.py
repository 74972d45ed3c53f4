"""The demo: one Dagster run of everything, on simulated traffic, kept in the history that `weir ui` shows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dagster import ExecuteInProcessResult

from orchestration.definitions import defs
from orchestration.defs.automation import demo_config
from orchestration.defs.messages import Traffic
from orchestration.instance import instance

QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}


def run_demo(events: int, seed: int, attack_rate: float) -> ExecuteInProcessResult:
    """Simulate that many events per domain, land, score, judge and build the marts -> the run, done.

    The first error of an asset is raised as it is. Run again with the same numbers, nothing new lands.
    """
    traffic = Traffic(events=events, seed=seed, attack_rate=attack_rate)
    with _silent():
        return defs.resolve_job_def("demo").execute_in_process(
            run_config=demo_config(traffic) | QUIET,
            instance=instance(),
            partition_key=datetime.now(UTC).date().isoformat(),
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what child processes print off this one's stdout: Dagster has it, in the run's logs."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
