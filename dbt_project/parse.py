"""Compile every model for Redshift without a Redshift and parse it: `python -m dbt_project.parse`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import sqlglot
from sqlglot.errors import ParseError

from dbt_project.run import run_dbt


def compile_redshift(target: Path) -> list[Path]:
    """A folder for dbt's output -> the compiled models. Raises DbtError with dbt's own message."""
    words = ["--no-introspect", "--no-populate-cache", "--no-partial-parse"]
    # dbt's own output, and nothing in the repository
    places = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target / "logs")}
    run_dbt("compile", "--target", "redshift", *words, environment=places)
    return sorted((target / "compiled" / "weir" / "models").rglob("*.sql"))


def mistakes(models: list[Path]) -> dict[str, str]:
    """Compiled models -> the name and mistake of each that is no single Redshift statement."""
    found = {}
    for model in models:
        try:
            statements = sqlglot.parse(model.read_text(), read="redshift")
        except ParseError as error:
            found[model.stem] = str(error)
        else:
            if len(statements) != 1:
                found[model.stem] = f"{len(statements)} statements"
    return found


def main() -> int:
    """0 when every model compiles and parses; otherwise 1, with the mistakes on stderr."""
    with tempfile.TemporaryDirectory() as target:
        models = compile_redshift(Path(target))
        found = mistakes(models)
    for model, mistake in found.items():
        print(f"{model}: {mistake}", file=sys.stderr)
    print(f"{len(models)} models and tests compiled for Redshift, {len(found)} do not parse")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
