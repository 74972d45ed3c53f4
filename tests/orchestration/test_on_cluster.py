"""The same command runs on a Spark cluster: its executors, in processes of their own, land and judge."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

from tests.small_pack import small_messages, write_brief_pack
from tests.spark_cluster import SHUFFLE_TASKS, spark_cluster
from weir.warehouse import connect_lake

ROOT = Path(__file__).resolve().parents[2]
WEIR = "from orchestration.commands import main; main()"
MESSAGES = 60
PARTS = """
    select 'raw', count(*), count(distinct (source, partition, position)) from raw_small
    union all
    select 'settled', count(*), count(distinct (source, partition, position)) from (
        select source, partition, position from scored_small
        union all
        select source, partition, position from quarantine_small
    )
"""


def test_a_stream_on_a_cluster_settles_every_message_once(home, monkeypatch):
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
    (home / "in").mkdir()
    lines = b"\n".join(message.body for message in islice(small_messages(), MESSAGES))
    (home / "in" / "messages.jsonl").write_bytes(lines)
    words = ["stream", "small", "--from", f"files:{home / 'in'}", "--once", "--json"]
    with spark_cluster(home / "cluster") as environment:
        run = subprocess.run(
            [sys.executable, "-c", WEIR, *words], cwd=ROOT, env=environment, capture_output=True, text=True
        )
    assert run.returncode == 0, run.stderr[-3000:]
    (done,) = json.loads(run.stdout)
    assert (done["messages"], done["scored"] + done["quarantined"]) == (MESSAGES, MESSAGES)
    with connect_lake(["small"]) as lake:
        assert sorted(lake.execute(PARTS).fetchall()) == [("raw", 60, 60), ("settled", 60, 60)]
    (facts,) = (home / "checkpoints/scored/small/offsets/0").read_text().splitlines()[1:2]
    assert json.loads(facts)["conf"]["spark.sql.shuffle.partitions"] == str(SHUFFLE_TASKS)
    # each executor has a folder, which the worker made for the application
    assert [*(home / "cluster" / "work").glob("app-*/0/stderr")] != []
