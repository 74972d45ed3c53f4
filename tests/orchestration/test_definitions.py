"""The code location loads as a Dagster server loads it: offline, without Spark, with the whole lineage."""

import json
import os
import subprocess
import sys
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
            return [request.tags["landed"] for request in requests], context.cursor

    return _evaluate


def test_new_messages_ask_for_one_run(landed_messages, home):
    log = home / "lake" / "raw" / "payments" / "_delta_log"
    log.mkdir(parents=True)
    assert landed_messages(None)[0] == []
    (log / f"{0:020d}.json").touch()
    landed, cursor = landed_messages(None)
    assert landed == ["payments"]
    assert landed_messages(cursor)[0] == []
    (log / f"{1:020d}.json").touch()
    assert landed_messages(cursor)[0] == ["payments"]
