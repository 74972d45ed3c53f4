"""The demo, small: what its run leaves in Dagster's history, what it says at its end, and how a fault would show."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import dagster as dg
import pytest

from orchestration.commands import app
from orchestration.instance import instance
from orchestration.spark import Spark
from tests.narrow_payments import BRIEF, write_narrow_payments
from tests.small_pack import write_small_pack
from weir.settings import PACKAGED_DOMAINS, settings
from weir.warehouse import sql

EVENTS = 300
LINEAGE = Path(__file__).with_name("lineage.txt")
FIGURES = "every message is scored or quarantined once"
ATTACKS = "planted attacks, most frequent first: events flagged / all"
DOMAINS, ZONES = ("crypto", "payments"), ("raw", "quarantine", "scored")
# the shipped contract and lists, quick to judge by
CRYPTO = {
    name: (PACKAGED_DOMAINS / "crypto" / f"{name}.yml").read_text() for name in ("contract", "reference")
}
CRYPTO |= {
    "features": "- {name: from_transfers_10m, kind: count, key: [from_address], window: 10m}\n",
    "rules": """\
version: 1
rules:
  - {name: listed, when: is_sanctioned_to or is_sanctioned_from, points: 90, text: "a listed address"}
""",
    "cases": "listed: {fires: [{is_sanctioned_to: true}], holds: [{}]}\n",
}


@contextmanager
def stdout_to(path):
    """This process's stdout is a file, as when a shell says so."""
    kept = os.dup(1)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 1)
    try:
        with open(1, "w", closefd=False) as stdout, redirect_stdout(stdout):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@pytest.fixture(scope="module")
def printed(spark, tmp_path_factory):
    """What the demo printed, title -> rows, as JSON has it; its home is that of all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("demo")
        patch.setenv("WEIR_HOME", str(home))
        # Dagster's definitions are made once in a process, for the shipped packs: other tests have them too
        import orchestration.definitions  # noqa: F401

        write_small_pack(write_narrow_payments(home / "packs", **BRIEF), "crypto", **CRYPTO)
        patch.setenv("WEIR_DOMAINS", str(home / "packs"))
        words = ["demo", "--events", str(EVENTS), "--attack-rate", "0.1", "--json"]
        with stdout_to(home / "printed.json"):
            app(words, standalone_mode=False)
        tables: dict[str, list[dict]] = {}
        for row in json.loads((home / "printed.json").read_text()):
            tables.setdefault(row.pop("table"), []).append(row)
        yield tables


@pytest.fixture(scope="module")
def history(printed):
    """The one run that Dagster kept, and a function: kind of event -> those of the run."""
    with instance() as dagster:
        (run,) = dagster.get_runs()

        def events(kind):
            records = dagster.get_records_for_run(run.run_id, of_type=kind).records
            return [record.event_log_entry.dagster_event for record in records]

        yield run, events


def figures_of(printed):
    """Domain -> its figures by name."""
    return {domain: {row[""]: row[domain] for row in printed[FIGURES]} for domain in DOMAINS}


def verdict_of(evaluation):
    return f"{evaluation.asset_key.to_user_string()}:{evaluation.check_name}", evaluation.passed


def test_the_run_succeeds_and_materializes_every_asset_of_the_lineage(history):
    run, events = history
    assert (run.job_name, run.status) == ("demo", dg.DagsterRunStatus.SUCCESS)
    made = [event.asset_key.to_user_string() for event in events(dg.DagsterEventType.ASSET_MATERIALIZATION)]
    assert sorted(made) == sorted(line.split(" ")[0] for line in LINEAGE.read_text().splitlines())


def test_every_check_of_every_asset_is_made_and_passes(history):
    from orchestration.definitions import defs

    _, events = history
    verdicts = dict(
        verdict_of(event.asset_check_evaluation_data)
        for event in events(dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    )
    known = defs.get_repository_def().asset_graph.asset_check_keys
    assert set(verdicts) == {f"{key.asset_key.to_user_string()}:{key.name}" for key in known}
    assert [check for check, passed in verdicts.items() if not passed] == []
    suites = {f"{zone}/{domain}:suite" for zone in ZONES for domain in DOMAINS}
    assert suites | {f"scored/{domain}:books" for domain in DOMAINS} <= set(verdicts)


def test_every_simulated_message_is_scored_or_quarantined_and_the_books_balance(printed):
    for domain, figures in figures_of(printed).items():
        (sent,) = settings().root.glob(f"simulated/{domain}/*/messages")
        messages = sum(len(file.read_bytes().splitlines()) for file in sent.iterdir())
        assert figures["messages"] == messages == figures["scored"] + figures["quarantined"] > EVENTS
        assert (figures["scored"], figures["pending"], figures["checks failed"]) == (EVENTS, 0, 0)
        assert figures["books balance"] is True


def test_an_assets_page_shows_the_rows_that_the_summary_counts(printed, history):
    _, events = history
    rows = {
        event.asset_key.to_user_string(): event.materialization.metadata["dagster/row_count"].value
        for event in events(dg.DagsterEventType.ASSET_MATERIALIZATION)
        if "dagster/row_count" in event.materialization.metadata
    }
    for domain, figures in figures_of(printed).items():
        counted = [rows[f"{zone}/{domain}"] for zone in ZONES]
        assert counted == [figures[name] for name in ("messages", "quarantined", "scored")]
        assert rows[f"labels/{domain}"] == EVENTS
    assert rows["marts/decisions"] == EVENTS * len(DOMAINS)


def test_lists_are_loaded_before_events_are_looked_up_in_them(printed):
    flagged = next(row[" "] for row in printed[ATTACKS] if row[""] == "crypto")
    (listed,) = (part.split(" ")[1] for part in flagged.split(", ") if part.startswith("sanctioned"))
    found, planted = listed.split("/")
    assert int(found) == int(planted) > 0
    assert figures_of(printed)["crypto"]["block"] == int(planted)


def test_a_row_taken_from_scored_fails_the_books_of_its_domain_alone(spark, history):
    from orchestration.defs.quality import books, verdicts

    ((event_id,),) = sql("select min(event_id) from scored_payments").rows
    spark.sql(f"delete from delta.`{settings().table('scored', 'payments')}` where event_id = '{event_id}'")
    selected = dg.AssetSelection.assets(books) | dg.AssetSelection.checks(verdicts)
    job = dg.define_asset_job("judging", selected)
    judging = dg.Definitions([books], asset_checks=[verdicts], jobs=[job], resources={"spark": Spark()})
    with instance() as dagster:
        run = judging.resolve_job_def("judging").execute_in_process(instance=dagster)
    failed = [one for one in run.get_asset_check_evaluations() if not one.passed]
    assert [verdict_of(one) for one in failed] == [("scored/payments:books", False)]
    assert (failed[0].severity, failed[0].metadata["missing"].value) == (dg.AssetCheckSeverity.ERROR, 1)
