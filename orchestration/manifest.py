"""dbt's manifest, from which Dagster knows the models: parsed anew when the project has changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dbt_project.run import DbtError, run_dbt
from dbt_project.sources import marts_domains
from orchestration.marts import MartsError, models_fingerprint
from weir.settings import settings

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
    places = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    try:
        run_dbt("parse", "--target", "duckdb", "--vars", variables, environment=places)
    except DbtError as error:
        raise MartsError(f"dbt could not parse its project:\n{error}") from error
