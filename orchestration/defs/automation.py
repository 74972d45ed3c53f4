"""What runs when: the demo by hand, checks and marts every hour, catching up when messages have landed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.defs.lake import LISTS, READS
from orchestration.defs.messages import SIMULATED, Traffic, traffic_folder
from orchestration.defs.quality import days, judged
from weir.delta_log import delta_version
from weir.pack import domains
from weir.settings import settings

quality = dg.AssetSelection.groups("quality")
marts = dg.AssetSelection.groups("staging", "marts")
lake = dg.AssetSelection.assets(*judged)
verdicts = dg.AssetSelection.checks_for_assets(*(dg.AssetKey(table) for table in judged))


def demo_config(traffic: Traffic) -> dict[str, Any]:
    """Run config of the job `demo`: simulate that much for every domain, and load what was simulated."""
    ops: dict[str, Any] = {}
    for domain in SIMULATED:
        out = traffic_folder(domain, traffic)
        ops[f"messages__{domain}"] = traffic.model_dump()
        ops[f"drain_{domain}"] = {"source": f"files:{out / 'messages'}"}
        ops[f"labels__{domain}"] = {"file": str(out / "labels.jsonl")}
    for name in LISTS:
        # every domain that reads a list simulates the same values for it
        reader = next(domain for domain in SIMULATED if name in READS[domain])
        folder = traffic_folder(reader, traffic)
        ops[f"reference__{name}"] = {"file": str(folder / "reference" / f"{name}.jsonl")}
    return {"ops": {name: {"config": config} for name, config in ops.items()}}


demo = dg.define_asset_job(
    "demo",
    selection=dg.AssetSelection.all(),
    config=demo_config(Traffic()),
    partitions_def=days,
    description="Everything, on simulated traffic: messages, lake, quality, marts.",
)
catch_up = dg.define_asset_job(
    "catch_up",
    selection=lake | quality | marts,
    partitions_def=days,
    description="Score what has landed, judge today's arrivals and build the marts.",
)
build = dg.define_asset_job(
    "build",
    selection=quality | verdicts | marts,
    partitions_def=days,
    description="Judge today's arrivals and build the marts.",
)


@dg.schedule(job=build, cron_schedule="0 * * * *", execution_timezone="UTC")
def hourly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Every hour, for services that land and score by themselves."""
    return dg.RunRequest(partition_key=_today())


@dg.sensor(job=catch_up, minimum_interval_seconds=60)
def landed_messages(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Catch up when a domain's raw table has a new version. The cursor: the versions seen last, as JSON."""
    seen = json.loads(context.cursor or "{}")
    versions = {domain: delta_version(settings().table("raw", domain)) for domain in domains()}
    moved = [domain for domain in versions if versions[domain] != seen.get(domain)]
    if not moved:
        yield dg.SkipReason("no new messages")
        return
    context.update_cursor(json.dumps(versions))
    landed = {"landed": ", ".join(moved)}
    yield dg.RunRequest(run_key=json.dumps(versions), partition_key=_today(), tags=landed)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
