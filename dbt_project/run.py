"""dbt's command line on this project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from weir.error import WeirError

PROJECT = Path(__file__).resolve().parent
DBT = str(Path(sys.executable).with_name("dbt"))


class DbtError(WeirError):
    """dbt failed, and said so."""


def run_dbt(*words: str, environment: Mapping[str, str], project: Path = PROJECT) -> None:
    """Run dbt with what it is told beside this process's own variables. Raises DbtError with its own message."""
    # a process of its own: when it ends its files are closed, and dbt's global state is gone
    command = [DBT, "--quiet", *words, "--project-dir", str(project), "--profiles-dir", str(project)]
    run = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if run.returncode != 0:
        raise DbtError((run.stdout + run.stderr).strip())
