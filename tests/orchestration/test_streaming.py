"""A service of streams takes what comes while it runs, and ends as it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from spark_jobs.lease import LeaseHeld, lease
from tests.small_pack import write_brief_pack
from weir.settings import settings
from weir.warehouse import connect_lake

SERVE = "from orchestration.commands import main; main()"
QUERIES = "raw/small/files", "scored/small"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 450


@contextmanager
def service(folder):
    """`weir stream` on a folder, the leader of its processes."""
    command = [sys.executable, "-c", SERVE, "stream", "small", "--from", f"files:{folder}", "--log-json"]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        try:
            yield run
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)


def put(folder, name, *event_ids):
    """A file of logins, which is there whole or not at all."""
    whole = folder / f".{name}"
    seen = {"event_type": "login", "occurred_at": "2026-01-31T12:00:00Z"}
    whole.write_text("".join(json.dumps({"event_id": event_id, **seen}) + "\n" for event_id in event_ids))
    whole.rename(folder / name)


def batches(query, log):
    """The batches that a query has begun (offsets) or noted as done (commits)."""
    names = (path.name for path in Path(settings().checkpoint(query), log).glob("*"))
    return sorted(int(name) for name in names if name.isdecimal())


def commits(zone):
    """How many versions a table has, that which made it among them."""
    return len(list(Path(settings().table(zone, "small"), "_delta_log").glob("*.json")))


def scored():
    with connect_lake(["small"]) as lake:
        return [row[0] for row in lake.execute("select event_id from scored_small order by 1").fetchall()]


def wait_until(reached, run):
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert run.poll() is None, run.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_service_takes_later_files_and_ends_after_the_batch_at_hand_when_told_to(home, monkeypatch):
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
    folder, held = home / "in", home / "leases" / "small"
    folder.mkdir()
    with service(folder) as run:
        assert run.stderr
        said = run.stderr.readline()
        put(folder, "1.jsonl", "a", "b", "b")
        # the batch is at hand: it has written what it refuses, and not what it scores
        wait_until(lambda: commits("quarantine") > 1, run)
        with pytest.raises(LeaseHeld) as refused, lease(held, "test"):
            pass
        assert refused.value.holder.pid == run.pid
        # as a service manager does: to the main process alone
        run.send_signal(signal.SIGTERM)
        said += run.communicate()[1]
    log = [json.loads(line) for line in said.splitlines()]
    assert run.returncode == 0
    assert [line["message"] for line in log if "message" in line] == [
        "streaming small until Ctrl-C",
        "ending after the batch at hand; again ends at once",
        "ended streaming small",
    ]
    landed, done = ([line for line in log if name in line] for name in ("landed", "scored"))
    assert [(line["domain"], line["source"], line["landed"]) for line in landed] == [
        ("small", f"files:{folder}", 3)
    ]
    assert [(line["domain"], line["messages"], line["scored"], line["quarantined"]) for line in done] == [
        ("small", 3, 2, 1)
    ]
    assert all(0 < line["seconds"] < line["lag_seconds"] for line in done)
    with lease(held, "test") as (_, left):
        assert left is None
    # what the batches wrote is also noted as done, so the next start has nothing to make again
    for query in QUERIES:
        assert batches(query, "commits") == batches(query, "offsets")
    assert scored() == ["a", "b"]
