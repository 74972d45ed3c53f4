"""dbt's manifest, from which Dagster knows the models: parsed anew when the project has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dbt_project.sources import HERE as PROJECT
from dbt_project.sources import marts_domains
from orchestration.marts import MartsError, models_fingerprint
from weir.settings import settings

DBT = str(Path(sys.executable).with_name("dbt"))
MANIFEST = "manifest.json"


def manifest_path() -> Path:
    """The manifest of the models as they are now; parsing them takes seconds, but no network and no lake.

    Raises MartsError with dbt's own message.
    """
    shown = marts_domains(settings().domains)
    path = settings().root / "dbt" / "manifests" / models_fingerprint(shown) / MANIFEST
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent) as target:
            _parse(shown, Path(target))
            (Path(target) / MANIFEST).replace(path)
    return path


def _parse(domains: Sequence[str], target: Path) -> None:
    variables = json.dumps({"domains": list(domains)})
    command = [DBT, "--quiet", "parse", "--target", "duckdb", "--vars", variables]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    environment = os.environ | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    if run.returncode != 0:
        raise MartsError(f"dbt could not parse its project:\n{(run.stdout + run.stderr).strip()}")
