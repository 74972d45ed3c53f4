"""weir quarantine: what was refused and why, whether a repair would help, and back into raw with what it helped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.show import AsJson, Domain, doing, fail, show

if TYPE_CHECKING:
    from spark_jobs.release import Outcome

CUT = 100


def quarantine(
    domain: Domain,
    reason: Annotated[
        str | None,
        typer.Option(help="Only messages refused for it; duplicates only with --reason duplicate."),
    ] = None,
    samples: Annotated[int, typer.Option(min=0, help="How many messages of each reason to show.")] = 1,
    repair: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A mapping (.yml), or a Python file with repair(payload)."
        ),
    ] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Put the messages that are valid now back into raw.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was refused; try a repair on copies of it; release what is valid now."""
    if reason:
        _require_known(reason)
    if repair is None and not release:
        return _look(domain, reason, samples, as_json)
    outcomes = _try(domain, reason, repair, release)
    if as_json:
        return show([_as_object(outcome, release) for outcome in outcomes], as_json)
    show(
        [_as_row(outcome, release) for outcome in outcomes],
        as_json,
        f"open messages of {domain}, tried again",
    )
    valid = sum(outcome.valid for outcome in outcomes)
    typer.echo(_what_next(domain, valid, release))


def _require_known(reason: str) -> None:
    from weir.located import closest
    from weir.reason import CODES

    if reason not in CODES:
        fail(f"--reason {reason}: is not a reason{closest(reason, sorted(CODES))}")


def _look(domain: str, reason: str | None, samples: int, as_json: bool) -> None:
    from orchestration import quarantine as looking

    reasons = looking.reasons(domain, reason)
    found = looking.samples(domain, samples, reason) if samples else []
    if as_json:
        by_reason: dict[str, list[dict[str, Any]]] = {}
        for sample in found:
            by_reason.setdefault(sample["reason"], []).append(sample)
        return show([row | {"samples": by_reason.get(row["reason"], [])} for row in reasons], as_json)
    show(reasons, as_json, f"quarantine of {domain}")
    if found:
        typer.echo()
        show([_as_sample(sample) for sample in found], as_json, "newest that were not released")


def _try(domain: str, reason: str | None, repair: Path | None, releasing: bool) -> list[Outcome]:
    from spark_jobs.release import release, try_repair
    from spark_jobs.repair import load_repair
    from spark_jobs.session import spark_session
    from weir.pack import load_pack

    loaded = load_repair(repair, load_pack(domain).contract)
    with doing(f"trying what {domain} has refused"):
        spark = spark_session("weir quarantine")
        return (release if releasing else try_repair)(spark, domain, loaded, reason)


def _as_row(outcome: Outcome, released: bool) -> dict[str, object]:
    refused = ", ".join(f"{reason} {count:,}" for reason, count in outcome.refused.items())
    now = "released" if released else "valid now"
    return {
        "refused for": outcome.reason,
        "tried": outcome.tried,
        now: outcome.valid,
        "still refused for": refused,
    }


def _as_object(outcome: Outcome, released: bool) -> dict[str, object]:
    counts = {"reason": outcome.reason, "tried": outcome.tried, "valid": outcome.valid}
    return counts | {"released": outcome.valid if released else 0, "refused": outcome.refused}


def _as_sample(sample: dict[str, Any]) -> dict[str, object]:
    text = " ".join(sample["payload"].split())
    cut = text if len(text) <= CUT else f"{text[:CUT]}…"
    return {**{name: sample[name] for name in ("reason", "column", "value")}, "message": cut}


def _what_next(domain: str, valid: int, released: bool) -> str:
    if released and valid:
        return f"{valid:,} released; score them with: weir stream {domain} --once"
    if valid:
        return f"nothing was written; put the {valid:,} back with --release"
    return "nothing to release"
