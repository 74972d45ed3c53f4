"""weir marts, weir check, weir sql: what is in the lake, built, judged and queried."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.show import AsJson, doing, fail, show


def marts(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build from nothing, not on the last published marts.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the marts with dbt and publish them."""
    from orchestration.marts import build_marts

    with doing("building the marts"):
        built = build_marts(full_refresh=full_refresh)
    show(
        [{"mart": name, "rows": rows} for name, rows in built.rows.items()], as_json, f"marts {built.version}"
    )


def check(
    domain: Annotated[str | None, typer.Argument(help="One domain; all of them when left out.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show the checks that passed, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge the tables and balance the books; exit 1 when more than a warning fails."""
    from orchestration.checks import run_checks, tally

    with doing("judging the tables"):
        results = run_checks([domain] if domain else None)
    if as_json or every:
        show(results, as_json, "checks")
    else:
        show(tally(results), as_json, "checks")
        show([row for row in results if not row["success"]], as_json, "failed")
    failed = [row for row in results if not row["success"] and row["severity"] == "critical"]
    if failed:
        fail(f"{len(failed)} of {len(results)} checks failed, warnings aside")


def sql(
    query: Annotated[str, typer.Argument(help="DuckDB SQL over lake tables and marts.")],
    as_json: AsJson = False,
) -> None:
    """Ask the lake and the marts: raw_payments, scored_payments, decisions, alerts, ..."""
    import duckdb

    from weir.warehouse import sql as ask

    try:
        answer = ask(query)
    except duckdb.Error as mistake:
        fail(str(mistake))
    show(answer.records(), as_json)
