"""The code location loads as a Dagster server loads it: offline, without Spark, with the whole lineage."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

ROOT = Path(__file__).resolve().parents[2]
LINEAGE = Path(__file__).with_name("lineage.txt")
LOAD = """
import json, socket, sys

def refuse(*_):
    raise OSError("loading the code location reached for the network")

socket.socket.connect = socket.getaddrinfo = refuse
from orchestration.definitions import defs

graph = defs.get_repository_def().asset_graph
lineage = {
    key.to_user_string(): sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
    for key in graph.get_all_asset_keys()
}
checks = [f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys]
heavy = sorted({name.split(".")[0] for name in sys.modules} & {"pyspark", "great_expectations"})
print(json.dumps({"lineage": lineage, "checks": checks, "heavy": heavy}))
"""


@pytest.fixture(scope="module")
def location(tmp_path_factory):
    """What a fresh process sees that loads the definitions, offline, with an empty home."""
    environment = os.environ | {"WEIR_HOME": str(tmp_path_factory.mktemp("location"))}
    command = [sys.executable, "-W", "ignore", "-c", LOAD]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_loading_imports_neither_spark_nor_great_expectations(location):
    assert location["heavy"] == []


def test_the_lineage_is_the_one_on_file(location):
    lines = [
        f"{asset} <- {', '.join(parents)}".strip() for asset, parents in sorted(location["lineage"].items())
    ]
    assert lines == LINEAGE.read_text().splitlines(), f"if this is meant, write it to {LINEAGE}"


def test_every_mart_leads_back_to_a_message(location):
    lineage = location["lineage"]

    def _origins(asset):
        return {asset}.union(*(_origins(parent) for parent in lineage[asset]))

    # lake_versions is about the build itself
    marts = [asset for asset in lineage if asset.startswith("marts/") and asset != "marts/lake_versions"]
    assert marts
    assert [mart for mart in marts if not any(name.startswith("messages/") for name in _origins(mart))] == []


def test_every_table_of_a_domain_has_its_checks(location):
    expected = {f"{zone}/payments:suite" for zone in ("raw", "quarantine", "scored")} | {
        "scored/payments:books"
    }
    assert expected <= set(location["checks"])


def test_dbts_tests_are_checks_of_the_marts(location):
    assert any(check.startswith("marts/decisions:") for check in location["checks"])


def test_the_definitions_stay_a_page():
    assert len((ROOT / "orchestration" / "definitions.py").read_text().splitlines()) <= 30


@pytest.fixture
def landed_messages(home):
    from orchestration.defs.automation import landed_messages

    def _evaluate(cursor):
        with dg.build_sensor_context(cursor=cursor) as context:
            answers: Any = landed_messages(context)
            requests = [answer for answer in answers if isinstance(answer, dg.RunRequest)]
            return [(request.partition_key, request.tags["landed"]) for request in requests], context.cursor

    return _evaluate


@pytest.fixture
def on_day(monkeypatch):
    """Set what day it is for the automation."""
    from orchestration.defs import automation

    return lambda day: monkeypatch.setattr(automation, "_today", lambda: day)


def test_new_messages_ask_for_one_run(landed_messages, on_day, home):
    on_day("2026-03-01")
    log = home / "lake" / "raw" / "payments" / "_delta_log"
    log.mkdir(parents=True)
    assert landed_messages(None)[0] == []
    (log / f"{0:020d}.json").touch()
    landed, cursor = landed_messages(None)
    assert landed == [("2026-03-01", "payments")]
    assert landed_messages(cursor)[0] == []
    (log / f"{1:020d}.json").touch()
    assert landed_messages(cursor)[0] == [("2026-03-01", "payments")]


def test_what_landed_just_before_midnight_is_judged_with_its_day(landed_messages, on_day, home):
    log = home / "lake" / "raw" / "payments" / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020d}.json").touch()
    on_day("2026-02-01")
    _, cursor = landed_messages(None)
    on_day("2026-03-01")
    _, cursor = landed_messages(cursor)
    (log / f"{1:020d}.json").touch()
    on_day("2026-03-02")
    landed, cursor = landed_messages(cursor)
    assert landed == [("2026-03-01", "payments"), ("2026-03-02", "payments")]
    (log / f"{2:020d}.json").touch()
    assert landed_messages(cursor)[0] == [("2026-03-02", "payments")]


def test_messages_that_another_process_has_scored_ask_for_a_run_too(landed_messages, on_day, home):
    on_day("2026-03-01")
    for zone in ("raw", "scored"):
        (home / "lake" / zone / "payments" / "_delta_log").mkdir(parents=True)
    (home / "lake" / "raw" / "payments" / "_delta_log" / f"{0:020d}.json").touch()
    _, cursor = landed_messages(None)
    (home / "lake" / "scored" / "payments" / "_delta_log" / f"{0:020d}.json").touch()
    assert landed_messages(cursor)[0] == [("2026-03-01", "payments")]


def test_a_list_of_a_pack_that_only_streams_is_not_in_the_demo(monkeypatch):
    from orchestration.defs import automation
    from orchestration.defs.messages import Traffic

    monkeypatch.setattr(automation, "READS", {**automation.READS, "loyalty": ("bad_users",)})
    ops = automation.demo_config(Traffic())["ops"]
    assert "reference__sanctioned_addresses" in ops
    assert "reference__bad_users" not in ops


@pytest.mark.parametrize(("hour", "day"), [(0, "2026-03-01"), (1, "2026-03-02"), (23, "2026-03-02")])
def test_each_hour_judges_the_day_of_the_hour_that_has_ended(hour, day):
    from orchestration.defs.automation import hourly

    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 2, hour, tzinfo=UTC))
    request: Any = hourly(context)
    assert request.partition_key == day
