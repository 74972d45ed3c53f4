"""Compile every model for Redshift without a Redshift and parse it: `python -m dbt_project.parse`.

Nor may it have a word that Redshift reserves as a name without quotes.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import sqlglot
from sqlglot.errors import ParseError

from dbt_project.reserved import unquoted_columns, unquoted_names
from dbt_project.run import PROJECT, run_dbt

INCREMENTAL = ["--select", "config.materialized:incremental", "--indirect-selection", "empty"]
# how a model is built -> dbt's words for it: an incremental one has SQL of its own for adding new batches
WAYS = {"built anew": [], "added to": [*INCREMENTAL, "--vars", "{as_if_added_to: true}"]}


def compile_redshift(target: Path, project: Path = PROJECT) -> dict[str, list[Path]]:
    """A folder for dbt's output -> the compiled models of each of WAYS. Raises DbtError with dbt's own message."""
    # most of the time goes into dbt's start, so both start at once
    with ThreadPoolExecutor(len(WAYS)) as at_once:
        return dict(zip(WAYS, at_once.map(_compiled, WAYS, repeat(target), repeat(project)), strict=True))


def _compiled(way: str, target: Path, project: Path) -> list[Path]:
    words = ["--no-introspect", "--no-populate-cache", "--no-partial-parse", *WAYS[way]]
    # dbt's own output, and nothing in the repository
    places = {"DBT_TARGET_PATH": str(target / way), "DBT_LOG_PATH": str(target / way / "logs")}
    run_dbt("compile", "--target", "redshift", *words, environment=places, project=project)
    return sorted((target / way / "compiled" / "weir" / "models").rglob("*.sql"))


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
    """0 when every model compiles, parses and quotes reserved words; otherwise 1, with the mistakes on stderr."""
    with tempfile.TemporaryDirectory() as target:
        compiled = compile_redshift(Path(target))
        found = {way: _wrong(Path(target) / way, models) for way, models in compiled.items()}
    told = [f"{model}, {way}: {mistake}" for way, those in found.items() for model, mistake in those.items()]
    for line in told:
        print(line, file=sys.stderr)
    counts = " and ".join(f"{len(models)} {way}" for way, models in compiled.items())
    print(f"models and tests compiled for Redshift: {counts}; {len(told)} are wrong")
    return 1 if told else 0


def _wrong(target: Path, models: list[Path]) -> dict[str, str]:
    # what does not parse has no names to look at
    return mistakes(models) or {**unquoted_columns(target / "manifest.json"), **unquoted_names(models)}


if __name__ == "__main__":
    sys.exit(main())
