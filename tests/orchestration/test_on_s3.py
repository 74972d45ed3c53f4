"""The whole pipeline on a real S3 server over HTTP, and what comes of it when the server refuses for a while."""

import json
import re
from itertools import islice

import pytest

from data_quality.books import books
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource
from spark_jobs.stream import Intake, drain
from tests.narrow_payments import write_narrow_payments
from tests.s3_server import s3_server
from tests.small_pack import small_messages, write_small_pack
from weir.settings import settings

# a server that is down for minutes, in moments: each client gives up after its third try
IMPATIENT = {
    "attempts.maximum": "1",
    "retry.limit": "2",
    "retry.interval": "10ms",
    "retry.throttle.limit": "2",
    "retry.throttle.interval": "10ms",
}
REFUSED = {
    "PUT .*/raw/small/_delta_log/.*json": "raw/small/files",
    "PUT .*/scored/small/.*parquet": "scored/small",
    "GET .*/scored/small/event_date.*parquet": "scored/small",
}


@pytest.fixture(scope="module")
def s3(spark, tmp_path_factory):
    """What the server refuses; it has the bucket `weir` and the bucket `busy`, with which Spark has no patience."""
    folder = tmp_path_factory.mktemp("s3")
    for bucket in ("weir", "busy"):
        (folder / bucket).mkdir()
    hadoop = spark._jsc.hadoopConfiguration()
    for name, value in IMPATIENT.items():
        hadoop.set(f"fs.s3a.bucket.busy.{name}", value)
    with s3_server(folder) as refusals:
        yield refusals


def on_bucket(bucket, monkeypatch):
    monkeypatch.setenv("WEIR_LAKE", f"s3a://{bucket}/lake")
    monkeypatch.setenv("WEIR_CHECKPOINTS", f"s3a://{bucket}/checkpoints")


def counted_books(spark, domain):
    tables = (read_table(spark, settings().table(zone, domain)) for zone in ("raw", "scored", "quarantine"))
    (counted,) = books(*tables).collect()
    return counted


def test_the_commands_work_on_a_lake_and_checkpoints_on_s3(spark, s3, home, weir, monkeypatch):
    on_bucket("weir", monkeypatch)
    monkeypatch.setenv("WEIR_DOMAINS", str(write_narrow_payments(home / "packs")))
    assert weir("simulate", "payments", "--events", "200", "--out", str(home / "in")).code == 0
    streamed = weir("stream", "payments", "--once", "--json", "--from", f"files:{home / 'in' / 'messages'}")
    (row,) = json.loads(streamed.out)
    counted = counted_books(spark, "payments")
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, row["messages"], 0)
    assert (home / "lake").exists() is False
    assert (home / "checkpoints").exists() is False

    marts = {mart["mart"]: mart["rows"] for mart in json.loads(weir("marts", "--json").out)}
    assert marts["decisions"] == row["scored"] > 100
    (decided,) = json.loads(weir("sql", "select max(event_id) as id from scored_payments", "--json").out)
    (explained,) = json.loads(weir("explain", "payments", decided["id"], "--json").out)
    assert decided["id"] in json.dumps(explained)


def test_a_lake_that_refuses_for_a_while_costs_no_message(spark, s3, home, weir, monkeypatch):
    on_bucket("busy", monkeypatch)
    monkeypatch.setenv("WEIR_DOMAINS", str(write_small_pack(home / "packs").parent))
    folder, lines = home / "in", [message.body for message in islice(small_messages(), 40)]
    folder.mkdir()
    (folder / "0").write_bytes(b"\n".join(lines[:20]))
    # a moment's refusal is nothing that a stream notices
    s3.begin("PUT .*/_delta_log/.*json", most=2)
    drain(spark, "small", Intake(FilesSource(folder)))
    assert len(s3.made) == 2

    for number, (requests, query) in enumerate(REFUSED.items(), start=1):
        # one message is as many as could be blamed for what the lake does
        (folder / f"{number}").write_bytes(lines[19 + number])
        s3.begin(requests)
        ended = weir("stream", "small", "--once", "--from", f"files:{folder}")
        s3.end()
        assert s3.made
        last = ended.err.splitlines()[-1]
        assert (ended.code, last.split()[:2]) == (1, ["error:", f"{query}:"])
        assert re.search(r"\b503\b.*nothing is lost", last), last
        assert "\tat " not in ended.err

    (folder / "rest").write_bytes(b"\n".join(lines[19 + len(REFUSED) + 1 :]))
    drain(spark, "small", Intake(FilesSource(folder)))
    counted = counted_books(spark, "small")
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, 40, 0)
    raw, refused = (read_table(spark, settings().table(zone, "small")) for zone in ("raw", "quarantine"))
    assert sorted(bytes(row["payload"]) for row in raw.select("payload").collect()) == sorted(lines)
    assert refused.where("reason = 'poison'").count() == 0
