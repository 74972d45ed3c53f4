"""The whole pipeline on a real S3 server over HTTP, and what comes of it when the server refuses for a while."""

import json
import re
from itertools import islice

import pytest
from pyspark.sql import functions as F

from data_quality.books import books
from orchestration.commands import app
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource
from spark_jobs.stream import drain
from tests.s3_server import SECRET, s3_server
from tests.small_pack import small_messages, write_brief_pack, write_small_pack
from weir.byte_search import search
from weir.settings import PACKAGED_DOMAINS, settings
from weir.subject import Subject

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
# the shipped contract, quick to judge by
CRYPTO = {
    "contract": (PACKAGED_DOMAINS / "crypto" / "contract.yml").read_text(),
    "features": "- {name: from_transfers_10m, kind: count, key: [from_address], window: 10m}\n",
    "reference": "[]\n",
    "rules": """\
version: 1
rules:
  - {name: burst, when: from_transfers_10m >= 2, points: 40, text: "{from_transfers_10m} transfers"}
""",
    "cases": "burst: {fires: [{from_transfers_10m: 2}], holds: [{from_transfers_10m: 1}]}\n",
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


@pytest.fixture(scope="module")
def crypto(s3, tmp_path_factory):
    """A home whose lake and checkpoints are on S3, with messages of crypto that the commands have landed."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(home))
        patch.setenv("WEIR_DOMAINS", str(write_small_pack(home / "packs", "crypto", **CRYPTO).parent))
        on_bucket("weir", patch)
        folder = str(home / "in")
        app(["simulate", "crypto", "--events", "60", "--files", "2", "--out", folder], standalone_mode=False)
        app(["stream", "crypto", "--once", "--from", f"files:{folder}/messages"], standalone_mode=False)
        yield home


def on_bucket(bucket, monkeypatch):
    monkeypatch.setenv("WEIR_LAKE", f"s3a://{bucket}/lake")
    monkeypatch.setenv("WEIR_CHECKPOINTS", f"s3a://{bucket}/checkpoints")


def counted_books(spark, domain):
    tables = (read_table(spark, settings().table(zone, domain)) for zone in ("raw", "scored", "quarantine"))
    (counted,) = books(*tables).collect()
    return counted


def rows_of(ended):
    """What a removal printed as JSON: where -> how many."""
    assert ended.code == 0, ended.err
    return {row["where"]: row["rows"] for row in json.loads(ended.out)}


def test_a_lake_and_checkpoints_on_s3_are_marts_and_answers(spark, crypto, weir):
    counted = counted_books(spark, "crypto")
    assert (counted["balanced"], counted["raw"] > 60, counted["pending"]) == (True, True, 0)
    assert (crypto / "lake").exists() is False
    assert (crypto / "checkpoints").exists() is False

    marts = {mart["mart"]: mart["rows"] for mart in json.loads(weir("marts", "--json").out)}
    assert marts["decisions"] == counted["scored"] > 50
    (decided,) = json.loads(weir("sql", "select max(event_id) as id from scored_crypto", "--json").out)
    (explained,) = json.loads(weir("explain", "crypto", decided["id"], "--json").out)
    assert decided["id"] in json.dumps(explained)


def test_no_file_holds_the_secret_of_the_lake(crypto):
    places = [str(crypto), "s3a://weir/lake", "s3a://weir/checkpoints"]
    searched = search(places, Subject(SECRET))
    assert searched.files > 50
    assert (searched.hits, searched.unread) == ([], [])
    (crypto / "leak.log").write_text(f"connecting with {SECRET}")
    assert search(places, Subject(SECRET)).hits == [str(crypto / "leak.log")]
    (crypto / "leak.log").unlink()


def test_an_address_is_erased_from_s3(spark, crypto, weir):
    scored = read_table(spark, settings().table("scored", "crypto"))
    sent = scored.where("from_address is not null").groupBy("from_address").count()
    (sender,) = sent.orderBy(F.desc("count"), "from_address").take(1)
    shouted = f"0x{sender['from_address'][2:].upper()}"
    gone = rows_of(weir("erase", "crypto", shouted, "--column", "from_address", "--json"))
    assert gone["scored"] >= sender["count"]
    assert gone["files searched"] > 20
    assert gone["files that still name it"] == 0
    after = read_table(spark, settings().table("scored", "crypto"))
    assert after.where(F.col("from_address") == sender["from_address"]).count() == 0
    assert counted_books(spark, "crypto")["balanced"]


def test_a_lake_that_refuses_for_a_while_costs_no_message(spark, s3, home, weir, monkeypatch):
    on_bucket("busy", monkeypatch)
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
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
