"""What runs when: the demo by hand, checks and marts every hour, catching up when messages have landed."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from orchestration.defs.lake import READS
from orchestration.defs.messages import SIMULATED, Traffic, traffic_folder
from orchestration.defs.quality import days, judged
from weir.delta_log import delta_version
from weir.pack import domains
from weir.settings import settings

# what is pending when a run is asked for may be scored by a process that has the lease
WATCHED = ("raw", "scored")
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
    # every domain that reads a list simulates the same values for it
    readers = {name: domain for domain in SIMULATED for name in READS[domain]}
    for name, reader in readers.items():
        folder = traffic_folder(reader, traffic)
        # whole, and shorter when fewer events are simulated
        ops[f"reference__{name}"] = {"file": str(folder / "reference" / f"{name}.jsonl"), "shrink": True}
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
    description="Score what has landed, judge a day's arrivals and build the marts.",
)
build = dg.define_asset_job(
    "build",
    selection=quality | verdicts | marts,
    partitions_def=days,
    description="Judge a day's arrivals and build the marts.",
)


@dg.schedule(job=build, cron_schedule="0 * * * *", execution_timezone="UTC")
def hourly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Every hour, for services that land and score by themselves: the day of the hour that has ended is judged."""
    ended = context.scheduled_execution_time - timedelta(hours=1)
    return dg.RunRequest(partition_key=ended.astimezone(UTC).date().isoformat())


@dg.sensor(job=catch_up, minimum_interval_seconds=60)
def landed_messages(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Catch up when messages of a domain have landed or, by another process, were scored; days are judged to their end.

    The cursor: the versions seen last and the day of the last look, as JSON.
    """
    last = json.loads(context.cursor or "{}")
    seen, today = last.get("versions", {}), _today()
    versions = {f"{zone}/{domain}": _version(zone, domain) for domain in domains() for zone in WATCHED}
    moved = sorted({table.split("/")[1] for table in versions if versions[table] != seen.get(table)})
    context.update_cursor(json.dumps({"versions": versions, "day": today}))
    if not moved:
        yield dg.SkipReason("no new messages")
        return
    for day in _days(min(last.get("day", today), today), today):
        key = json.dumps([day, versions])
        yield dg.RunRequest(run_key=key, partition_key=day, tags={"landed": ", ".join(moved)})


def _version(zone: str, domain: str) -> int | None:
    return delta_version(settings().table(zone, domain))


def _days(first: str, last: str) -> list[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=number)).isoformat() for number in range((end - begin).days + 1)]


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
