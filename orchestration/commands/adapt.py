"""weir adapt: what a stream would make of foreign files, on stdout."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.show import Domain, doing, stderr


def adapt(
    domain: Domain,
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    form: Annotated[
        str | None, typer.Option("--format", help="json, csv, parquet, or a mapping the pack ships.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML: contract column: SQL.")
    ] = None,
) -> None:
    """Print the events that foreign files hold, or why they hold none, as JSON lines; nothing is stored."""
    from spark_jobs.adapted import adapted
    from spark_jobs.intake import intake
    from spark_jobs.session import spark_session
    from weir.pack import load_pack

    wanted = intake(domain, None, form, mapping)
    counts: Counter[bool] = Counter()
    with doing(f"reading {len(files)} files as {domain}"):
        spark = spark_session("weir adapt")
        rows = adapted(spark, load_pack(domain).contract, files, wanted.format, wanted.mapping)
        for row in rows.toLocalIterator():
            typer.echo(row["line"])
            counts[row["is_event"]] += 1
    stderr.print(f"{counts[True]:,} events, {counts[False]:,} rejects", highlight=False)
