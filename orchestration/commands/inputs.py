"""weir simulate, adapt, stream, labels, reference load: everything that brings data in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.show import AsJson, doing, fail, show

Domain = Annotated[str, typer.Argument(help="payments, crypto, ...")]


def simulate(
    domain: Domain,
    out: Annotated[Path, typer.Option(help="Folder for messages/ and labels.jsonl.")],
    events: Annotated[int, typer.Option(min=1, help="How many events.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same messages.")] = 1,
    rate: Annotated[float, typer.Option(min=0, max=1, help="Share of events that belong to attacks.")] = 0.02,
    files: Annotated[int, typer.Option(min=1, help="Cut the messages into so many files.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write labelled traffic: plausible customers, named attacks, faulty messages."""
    from domains.simulation import simulate_to_files

    written = simulate_to_files(domain, events=events, seed=seed, out=out, attack_rate=rate, files=files)
    show([written], as_json, f"simulated {domain}")
