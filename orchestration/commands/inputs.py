"""weir simulate, stream, labels, reference load: everything that brings data in."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.show import AsJson, Domain, doing, fail, log_line, show, stderr

if TYPE_CHECKING:
    from spark_jobs.batch_report import BatchReport, LandingReport
    from spark_jobs.stream import Drained

PLACES = "files:DIR, kafka:TOPIC, kinesis:STREAM or jetstream:URL"
Format = Annotated[
    str | None,
    typer.Option(
        "--format", help="json, csv, parquet, or a mapping the pack ships; json, or what --mapping says."
    ),
]
ExistingFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to load.")]


def simulate(
    domain: Domain,
    out: Annotated[Path, typer.Option(help="Folder for messages/, labels.jsonl and reference/.")],
    events: Annotated[int, typer.Option(min=1, help="How many events.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same messages.")] = 1,
    rate: Annotated[
        float | None, typer.Option(min=1, help="Messages a second; as fast as it can unless given.")
    ] = None,
    attack_rate: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of events that belong to attacks.")
    ] = 0.02,
    files: Annotated[int, typer.Option(min=1, help="How many files to write.")] = 1,
    to: Annotated[
        str | None, typer.Option(help="Send the messages to kafka:TOPIC or kinesis:STREAM, not into files.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write labelled traffic: plausible customers, named attacks, faulty messages."""
    from domains.delivery import deliver
    from domains.simulation import paced, simulate, write_simulation, write_truth

    with doing(f"simulating {domain}"):
        simulation = simulate(domain, events, seed, attack_rate=attack_rate)
        counts = simulation.counts()
        if to:
            counts["sent"] = deliver(to, paced(simulation.messages(), rate))
            write_truth(simulation, out)
        else:
            write_simulation(simulation, out, files, per_second=rate)
    show([counts] if as_json else _lines(counts), as_json, f"simulated {domain} into {to or out}")


def stream(
    domains: Annotated[list[str], typer.Argument(help="One or more; {domain} in --from stands for each.")],
    source: Annotated[
        str | None,
        typer.Option("--from", help=f"{PLACES}; leave out to score only what has already landed."),
    ] = None,
    form: Format = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="YAML that maps each contract column to SQL over your fields."
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when everything there is has been scored.")
    ] = False,
    new_epoch: Annotated[
        bool, typer.Option("--new-epoch", help="After a lost checkpoint: go on after what the tables hold.")
    ] = False,
    max_age: Annotated[
        str | None,
        typer.Option(help="How late an event of a live source may arrive, such as 30d; 7d unless given."),
    ] = None,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log in JSON to stderr, a line each batch.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Land messages and score them; without --once go on until Ctrl-C or SIGTERM."""
    from orchestration.streaming import drain_domains, intakes, serve_domains

    wanted = intakes(domains, source, form, mapping, new_epoch, max_age)
    _refuse_the_other(once, log_json, as_json)
    if not once:
        return serve_domains(wanted, _say_json, _report) if log_json else serve_domains(wanted, _say)
    with doing("streaming " + ", ".join(domains)):
        drained = drain_domains(wanted)
    show([row_of(one) for one in drained], as_json, "streamed")


def _refuse_the_other(once: bool, log_json: bool, as_json: bool) -> None:
    if once and log_json:
        fail("--log-json is for a service; with --once write --json")
    if not once and as_json:
        fail("--json is for --once; a service has --log-json")


def _say(line: str) -> None:
    stderr.print(line, highlight=False, soft_wrap=True)


def _say_json(line: str) -> None:
    log_line({"at": datetime.now(UTC), "message": line})


def _report(batch: BatchReport | LandingReport) -> None:
    log_line(asdict(batch))


def labels(domain: Domain, file: ExistingFile, as_json: AsJson = False) -> None:
    """Load what turned out to be fraud: JSON lines of event_id, is_fraud, attack, labeled_at, source."""
    from spark_jobs.labels import load_labels
    from spark_jobs.session import spark_session
    from weir.pack import load_pack

    # a mistyped domain would get labels that nobody reads
    load_pack(domain)
    with doing(f"loading {file}"):
        loaded = load_labels(spark_session("weir labels"), domain, file)
    show([{"domain": domain, "loaded": loaded}], as_json)


def load_reference(
    name: Annotated[str, typer.Argument(metavar="LIST", help="sanctioned_addresses, ...")],
    file: ExistingFile,
    listed_at: Annotated[
        datetime | None, typer.Option(help="Since when its values are listed; always unless given.")
    ] = None,
    publisher: Annotated[
        str | None,
        typer.Option(help="Who publishes it; the file's name without its date or number unless given."),
    ] = None,
    shrink: Annotated[
        bool,
        typer.Option("--shrink", help="Load it even if it delists more than half of the publisher's values."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load a list as its publisher ships it: .txt, .csv, .json, .jsonl, or a .tar.gz of them."""
    from spark_jobs.reference import load_reference as load
    from spark_jobs.reference import source_of
    from spark_jobs.session import spark_session
    from weir.located import closest
    from weir.pack import domains, load_pack

    known = sorted({name for domain in domains() for name in load_pack(domain).lists})
    if name not in known:
        fail(f"no pack's reference.yml names a list '{name}'{closest(name, known)}")
    with doing(f"loading {file}"):
        loaded = load(spark_session("weir reference"), name, file, publisher, listed_at, shrink)
    show([{"list": name, "publisher": publisher or source_of(file), **loaded}], as_json)


def row_of(drained: Drained) -> dict[str, object]:
    """What a drain did, as one row."""
    return {
        "domain": drained.domain,
        "files": drained.landed.files,
        "messages": drained.landed.messages,
        "scored": drained.scored,
        "quarantined": drained.quarantined,
    }


def _lines(counts: dict[str, object]) -> list[dict[str, object]]:
    """{'events': 5, 'attacks': {'card_testing': 2}} -> rows of what, count."""
    rows: list[dict[str, object]] = []
    for name, value in counts.items():
        nested = value.items() if isinstance(value, dict) else [("", value)]
        rows += [{"what": f"{name} {inner}".strip(), "count": count} for inner, count in nested]
    return rows
