"""Refused messages are tried again, and go back into raw once: the story of one lake, then what each step did."""

import json
from dataclasses import dataclass

import pytest
from pyspark.sql import functions as F

from orchestration.checks import balance
from orchestration.quarantine import reasons, samples
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table, table_version
from spark_jobs.lease import LeaseHeld
from spark_jobs.release import Outcome, open_messages, release, try_repair
from spark_jobs.repair import load_repair
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import drain
from spark_jobs.writing import writing
from tests.small_pack import write_brief_pack
from weir.pack import load_pack
from weir.settings import settings
from weir.tables import RAW_KEY

DOMAIN = "small"
ZONES = ("raw", "mapping", "quarantine", "scored")
REPAIR = """
def repair(payload):
    if b"alone" in payload:
        return None
    if b"fatal" in payload:
        raise KeyError("fatal")
    return payload.replace(b"'", b'"').replace(b'"eur"', b'"EUR"')
"""
MAPPING = """
columns:
  event_id: id
  event_type: "'login'"
  occurred_at: at
  user_id: who
"""
FOREIGN = {"id": "foreign", "at": "2026-01-31T10:00:00Z", "who": "ann"}


def payment(event_id, **changed):
    body = {
        "event_id": event_id,
        "event_type": "payment",
        "occurred_at": "2026-01-31T12:00:00Z",
        "user_id": "ann",
        "amount": "12.50",
        "currency": "EUR",
    }
    return json.dumps(body | changed).encode()


LINES = [
    payment("good"),
    payment("small_letters", currency="eur"),
    payment("quotes").replace(b'"', b"'"),
    payment("good"),
    payment("alone", event_type=None),
    payment("ancient", occurred_at="1999-12-31T00:00:00Z"),
    payment("fatal", amount="12,50"),
    payment("good", currency="eur"),
    json.dumps(FOREIGN).encode(),
]


@dataclass
class Story:
    """What happened in order; `held` are the tables' versions after each step."""

    tried: list[Outcome]
    released: list[Outcome]
    again: list[Outcome]
    mapped: list[Outcome]
    held: dict[str, list[int]]
    books: list


@pytest.fixture(scope="module")
def story(spark, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("release")
        patch.setenv("WEIR_HOME", str(home))
        patch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "domains").parent))
        (home / "in").mkdir()
        (home / "in" / "a.jsonl").write_bytes(b"".join(line + b"\n" for line in LINES))
        (home / "repair.py").write_text(REPAIR)
        (home / "mine.yml").write_text(MAPPING)
        contract = load_pack(DOMAIN).contract
        function, mapping = (load_repair(home / name, contract) for name in ("repair.py", "mine.yml"))
        held = {}

        def noted(step, done):
            held[step] = [table_version(spark, settings().table(zone, DOMAIN)) for zone in ZONES]
            return done

        noted("landed", drain(spark, DOMAIN, Intake(FilesSource(home / "in"))))
        tried = noted("tried", try_repair(spark, DOMAIN, function))
        released = noted("released", release(spark, DOMAIN, function))
        again = noted("again", release(spark, DOMAIN, function))
        pending = balance(spark, [DOMAIN])
        mapped = release(spark, DOMAIN, mapping, "missing")
        drain(spark, DOMAIN, Intake())
        yield Story(tried, released, again, mapped, held, [*pending, *balance(spark, [DOMAIN])])


def table(spark, zone):
    return read_table(spark, settings().table(zone, DOMAIN))


def by_reason(outcomes):
    return {outcome.reason: (outcome.tried, outcome.valid, outcome.refused) for outcome in outcomes}


def test_a_trial_says_what_each_repaired_copy_would_become(story):
    assert by_reason(story.tried) == {
        # of these one is an event that came later as well, whole
        "unknown_currency": (2, 1, {"duplicate": 1}),
        "not_json": (1, 1, {}),
        "missing": (2, 0, {"missing": 1, "not_repaired": 1}),
        "too_old": (1, 0, {"too_old": 1}),
        "wrong_type": (1, 0, {"repair_failed (KeyError)": 1}),
    }


def test_a_trial_writes_nothing(story):
    assert story.held["tried"] == story.held["landed"]


def test_a_release_writes_raw_alone(story):
    before, after = story.held["landed"], story.held["released"]
    assert after == [before[0] + 1, *before[1:]]
    assert story.released == story.tried


def test_releasing_twice_does_nothing(story):
    assert story.held["again"] == story.held["released"]
    assert sum(outcome.valid for outcome in story.again) == 0


def test_a_copy_names_its_original_and_holds_the_repaired_bytes(spark, story):
    raw = table(spark, "raw")
    (original,) = raw.where(F.col("position") == len(LINES[0]) + 1).where("source like 'files:%'").collect()
    copies = raw.where("source like 'release:%' and mapping is null").orderBy("seq").collect()
    copy = copies[0]
    assert copy["source"] == f"release:{original['source']}"
    assert (copy["partition"], copy["position"]) == (original["partition"], original["position"])
    assert bytes(copy["payload"]) == bytes(original["payload"]).replace(b'"eur"', b'"EUR"')
    (newest,) = raw.where("source like 'files:%'").agg(F.max("seq")).collect()[0]
    assert [row["seq"] for row in copies] == [newest + 1, newest + 2]


def test_released_messages_are_scored_and_their_originals_stay_in_quarantine(spark, story):
    scored = {row["event_id"] for row in table(spark, "scored").collect()}
    assert scored == {"good", "small_letters", "quotes", "foreign"}
    assert table(spark, "quarantine").count() == 8


def test_the_books_balance_with_the_copies_pending_and_scored(story):
    pending, scored = story.books
    assert (pending.raw, pending.pending, pending.released, pending.balanced) == (11, 2, 2, True)
    assert (scored.raw, scored.scored, scored.quarantined, scored.released) == (12, 4, 8, 3)
    assert scored.balanced


def test_a_mapping_repairs_what_has_other_names_and_is_kept(spark, story):
    assert by_reason(story.mapped) == {"missing": (2, 1, {"missing": 1})}
    (copy,) = table(spark, "raw").where("mapping is not null").collect()
    assert json.loads(bytes(copy["payload"])) == FOREIGN
    assert [row["hash"] for row in table(spark, "mapping").collect()] == [copy["mapping"]]


def test_quarantine_counts_as_open_what_is_neither_released_nor_a_duplicate(story):
    found = {row["reason"]: (row["parts"], row["released"], row["open"]) for row in reasons(DOMAIN)}
    assert found == {
        "unknown_currency": (2, 1, 1),
        "missing": (2, 1, 1),
        "too_old": (1, 0, 1),
        "wrong_type": (1, 0, 1),
        "not_json": (1, 1, 0),
        "duplicate": (1, 0, 0),
    }


def test_samples_show_the_newest_message_that_was_not_released(story):
    (sample,) = samples(DOMAIN, 1, "wrong_type")
    assert (sample["column"], sample["value"], sample["event_id"]) == ("amount", "12,50", "fatal")
    assert json.loads(sample["payload"])["event_id"] == "fatal"


def test_duplicates_are_tried_only_when_they_are_asked_for(spark, story):
    assert by_reason(try_repair(spark, DOMAIN, None, "duplicate")) == {"duplicate": (1, 0, {"duplicate": 1})}


def test_nothing_is_released_while_a_stream_writes(spark, story):
    with writing(DOMAIN, "weir stream"), pytest.raises(LeaseHeld, match="weir stream"):
        release(spark, DOMAIN, None)


def test_a_copy_that_is_refused_is_open_in_its_originals_place(spark):
    key = "source string, partition string, position bigint, received_date date"
    raw = [("files:/in", "a", 0, None), ("release:files:/in", "a", 0, None), ("files:/in", "a", 9, None)]
    refused = [(*row, 0, "not_json") for row in raw[:2]]
    day = F.to_date(F.lit("2026-01-31"))
    found = open_messages(
        spark.createDataFrame(refused, f"{key}, part int, reason string").withColumn("received_date", day),
        spark.createDataFrame(raw, key).withColumn("received_date", day),
    )
    assert [tuple(row[name] for name in (*RAW_KEY, "was")) for row in found.collect()] == [
        ("release:files:/in", "a", 0, "not_json")
    ]
