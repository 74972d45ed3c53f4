"""A message that kills the batch it is in is set aside with its reason, and the domain goes on."""

import json

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import functions as F

from data_quality.books import books
from spark_jobs import kept, scored
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource
from spark_jobs.stream import drain
from tests.small_pack import write_brief_pack
from weir.mapping import load_mapping
from weir.pack import load_pack
from weir.settings import settings

# each message says how its accounts are written; no SQL can catch a pattern that is none, so the batch ends
MAPPING = """\
columns:
  event_id: id
  event_type: "'payment'"
  occurred_at: at
  user_id: regexp_extract(account, form, 1)
"""
FORM, NO_FORM = "^acct-(.*)$", "^acct-(.*$"
NOON = 1_790_000_000


@pytest.fixture
def domain(home, monkeypatch):
    """A pack of its own in a folder of domains of its own."""
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "domains").parent))
    return "small"


def payments(*numbers, form=FORM):
    """A payment of one user at second n after noon for each n; its id is pn."""
    rows = [{"id": f"p{n}", "account": "acct-u", "form": form, "at": NOON + n} for n in numbers]
    return "".join(json.dumps(row) + "\n" for row in rows)


def drained(spark, domain, folder):
    mapping = load_mapping(MAPPING, "mapping.yml", load_pack(domain).contract)
    # a batch each file
    return drain(spark, domain, Intake(FilesSource(folder, max_files=1), mapping=mapping, batch_bytes="1b"))


def table(spark, zone, domain):
    return read_table(spark, settings().table(zone, domain))


def test_only_messages_that_kill_their_batch_are_set_aside_though_the_search_is_cut_short(
    spark, home, domain, monkeypatch
):
    folder = home / "in"
    folder.mkdir()
    lines = [
        payments(0, 1),
        "no json\n",
        payments(2, form=NO_FORM),
        payments(3, 4),
        payments(6, form=NO_FORM),
    ]
    (folder / "1.jsonl").write_text("".join(lines))
    (folder / "2.jsonl").write_text(payments(5))
    with monkeypatch.context() as power:
        power.setattr(kept, "keep_poison", cut_short(kept.keep_poison))
        with pytest.raises(StreamingQueryException, match="power cut"):
            drained(spark, domain, folder)
    done = drained(spark, domain, folder)
    assert (done.scored, done.quarantined) == (5, 3)

    raw, scored, refused = (table(spark, zone, domain) for zone in ("raw", "scored", "quarantine"))
    payloads = raw.select("source", "partition", "position", "payload")
    reasons = refused.join(payloads, ["source", "partition", "position"]).orderBy("seq").collect()
    assert [(row["reason"], bytes(row["payload"]).decode()) for row in reasons] == [
        ("not_json", "no json"),
        ("poison", lines[2].strip()),
        ("poison", lines[4].strip()),
    ]
    # the others are scored as if the message had never come
    rows = scored.orderBy("seq").collect()
    assert [(row["event_id"], row["user_payments_5m"], row["batch_id"]) for row in rows] == [
        ("p0", 1, 0),
        ("p1", 2, 0),
        ("p3", 3, 0),
        ("p4", 4, 0),
        ("p5", 5, 1),
    ]
    (counted,) = books(raw, scored, refused).collect()
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, 8, 0)


def test_a_message_that_kills_where_it_is_scored_leaves_its_duplicates_in_quarantine_once(
    spark, home, domain, monkeypatch
):
    monkeypatch.setattr(scored, "with_scores", dying(scored.with_scores))
    folder = home / "in"
    folder.mkdir()
    events = [("p0", "killer"), ("p0", "killer"), ("p0", "u")]
    (folder / "1.jsonl").write_text("".join(payment(*event) for event in events))
    done = drain(spark, domain, Intake(FilesSource(folder)))
    assert (done.landed.messages, done.scored, done.quarantined) == (3, 0, 3)

    raw, decided, refused = (table(spark, zone, domain) for zone in ("raw", "scored", "quarantine"))
    reasons = [row["reason"] for row in refused.orderBy("seq").collect()]
    assert reasons == ["poison", "duplicate", "duplicate"]
    (counted,) = books(raw, decided, refused).collect()
    assert (counted["balanced"], counted["raw"], counted["doubled"]) == (True, 3, 0)


def cut_short(keep_poison):
    """Keeping what was found, and then no power."""

    def keep(*what):
        keep_poison(*what)
        raise RuntimeError("power cut")

    return keep


def payment(event_id, user):
    """A message in the pack's own words."""
    event = {
        "event_id": event_id,
        "event_type": "payment",
        "user_id": user,
        "occurred_at": "2026-01-01T12:00:00Z",
    }
    return json.dumps(event) + "\n"


def dying(with_scores):
    """Scoring that ends with a user's events; no pack is accepted that would do so, as far as one can tell."""
    user = F.when(F.col("user_id") == "killer", F.raise_error(F.lit("dead"))).otherwise(F.col("user_id"))
    return lambda *known: lambda events: events.withColumn("user_id", user).transform(with_scores(*known))
