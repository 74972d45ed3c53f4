"""A subject is erased from everything that a whole pipeline has made of it, and the pipeline goes on."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from dagster import AssetObservation
from pyspark.sql import functions as F

from orchestration.checks import Books, balance, judge
from orchestration.erasure import Erased, days_of, erase_subject, find_subject, request_of
from orchestration.instance import instance
from orchestration.marts import build_marts, dbt_target
from spark_jobs import erasure, expiry
from spark_jobs.erasure import Request, erase
from spark_jobs.expiry import expire, find_expired, first_day_kept
from spark_jobs.intake import Intake
from spark_jobs.labels import load_labels, loading_labels
from spark_jobs.lake import append_rows, create_table, read_table, table_version, write_checkpoint
from spark_jobs.landing import drain_raw
from spark_jobs.lease import LeaseHeld
from spark_jobs.sources.jetstream import spool_of
from spark_jobs.sources.jetstream_frame import Frame
from spark_jobs.sources.source import FilesSource
from spark_jobs.sources.spool import Spool
from spark_jobs.stream import Drained, drain
from spark_jobs.writing import writing
from tests.narrow_payments import BRIEF, write_narrow_payments
from weir.byte_search import search
from weir.error import WeirError
from weir.pack import load_pack
from weir.settings import settings
from weir.subject import Subject
from weir.tables import domain_tables
from weir.warehouse import connect_marts, sql

DOMAIN, GONE, LIKE_IT = "payments", "user-17", "user-170"
ZONES = ("raw", "quarantine", "scored", "labels", "replayed")


def payment(event_id, user, minute=0, **more):
    body = {
        "event_id": event_id,
        "event_type": "payment",
        "occurred_at": f"2026-01-31T12:{minute:02}:00Z",
        "user_id": user,
        "merchant_id": "m1",
        "amount": "12.50",
        "currency": "EUR",
        "device_id": "d1",
    }
    return json.dumps(body | more)


FIRST = [
    *(payment(f"p{number}", f"user-2{number % 5}", number % 60) for number in range(20)),
    *(payment(f"g{number}", GONE, number) for number in range(6)),
    payment("g0", GONE),
    payment("o1", LIKE_IT, 30, metadata={"note": "x"}),
    payment("o2", "user-20", 31, metadata={"referred_by": GONE}),
    payment("q1", GONE)[:-1],
    payment("q2", LIKE_IT)[:-1],
]
# of which the newest message of all is the subject's
PENDING = [payment("p20", "user-21", 40), payment("g9", GONE, 41)]
AFTER = [payment("p21", "user-22", 50), payment("g1", GONE, 1)]


@dataclass
class Story:
    """What happened, in order: found before, found by a trial, erased, and gone on."""

    before: list[str]
    would: erasure.Found
    unchanged: bool
    newest: int
    versions: int
    erased: Erased
    books: Books
    after: Drained
    books_after: Books


def land(folder: Path, name, lines):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return FilesSource(folder)


def write_everywhere(spark, folder):
    """A lake, marts, docs, logs and a spool that all know the subject."""
    drain(spark, DOMAIN, Intake(land(folder, "1.jsonl", FIRST)))
    scored = settings().table("scored", DOMAIN)
    labels = [
        {"event_id": name, "is_fraud": True, "labeled_at": "2026-02-01T00:00:00Z", "source": "host"}
        for name in ("g1", "p1")
    ]
    outcomes = folder.with_name("labels.jsonl")
    outcomes.write_text("".join(json.dumps(label) + "\n" for label in labels))
    load_labels(spark, DOMAIN, outcomes)
    replayed = settings().table("replayed", DOMAIN)
    columns = next(table.columns for table in domain_tables(load_pack(DOMAIN)) if table.zone == "replayed")
    create_table(spark, replayed, columns, "event_date")
    append_rows(read_table(spark, scored).withColumn("replay_id", F.lit("r1")).select(*columns), replayed)
    # a value that a check refuses, and shows
    spark.sql(f"update delta.`{scored}` set country = user_id where event_id in ('g2', 'p2')")
    judge(spark, [DOMAIN])
    write_checkpoint(spark, scored, table_version(spark, scored) or 0)
    built = build_marts()
    shutil.copytree(built.path.parent, settings().marts / "20260101T000000000000Z")
    observed = AssetObservation(f"scored/{DOMAIN}", metadata={"newest": GONE})
    with instance() as dagster:
        dagster.report_runless_asset_event(observed)
    (dbt_target().with_name("logs") / "dbt.log").write_text(f"failed: {GONE}\n")
    spool = Spool.at(spool_of(settings().checkpoint(f"raw/{DOMAIN}/jetstream")))
    spool.append([Frame(payment("s1", GONE).encode()), Frame(payment("s2", "user-20").encode())], run=0)
    spool.close()
    drain_raw(spark, DOMAIN, land(folder, "2.jsonl", PENDING))


def without_purge(monkeypatch, module):
    """The story has shown that it leaves nothing; it takes the longest."""
    monkeypatch.setattr(module, "purge", lambda *_: None)


def versions(spark):
    return [table_version(spark, settings().table(zone, DOMAIN)) for zone in ZONES]


@pytest.fixture(scope="module")
def story(spark, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("WEIR_DOMAINS", str(write_narrow_payments(tmp_path_factory.mktemp("packs"), **BRIEF)))
        folder = tmp_path_factory.mktemp("in")
        write_everywhere(spark, folder)
        before, held = search([str(settings().root)], Subject(GONE)).hits, versions(spark)
        would = find_subject(DOMAIN, request_of(DOMAIN, GONE, (), mentions=False))
        unchanged = versions(spark) == held
        newest = read_table(spark, settings().table("raw", DOMAIN)).agg(F.max("seq")).collect()[0][0]
        erased = erase_subject(DOMAIN, request_of(DOMAIN, GONE, (), mentions=True))
        (books,) = balance(spark, [DOMAIN])
        marts = len(list(settings().marts.glob("[0-9]*")))
        after = drain(spark, DOMAIN, Intake(land(folder, "3.jsonl", AFTER)))
        (books_after,) = balance(spark, [DOMAIN])
        yield Story(before, would, unchanged, newest, marts, erased, books, after, books_after)


@pytest.mark.parametrize(
    "zone",
    [
        *(f"lake/{zone}/{DOMAIN}/" for zone in ("raw", "quarantine", "scored", "replayed")),
        f"lake/scored/{DOMAIN}/_delta_log/00000000000000000001.json",
        f"lake/scored/{DOMAIN}/_delta_log/00000000000000000002.checkpoint.parquet",
        "lake/quality/checks/",
        "data_docs/results/",
        "data_docs/site/",
        "dagster/",
        "dbt/logs/",
        "marts/",
        "spool/messages.db",
    ],
)
def test_the_search_finds_the_subject_before(story, zone):
    assert [path for path in story.before if zone in path], "\n".join(story.before)


def test_nothing_is_left_of_the_subject_in_any_file(story):
    assert (story.erased.searched.hits, story.erased.searched.unread) == ([], [])
    assert story.erased.searched.files > 100


def test_a_trial_counts_and_changes_nothing(story):
    assert story.unchanged
    # the pending message is not scored yet
    assert story.would.rows == {"labels": 1, "replayed": 6, "raw": 8, "quarantine": 2, "scored": 6}
    assert (story.would.mentions, story.would.others) == (2, 0)


def test_messages_go_from_all_tables_with_what_was_pending_and_those_of_others_that_name_it(story):
    rows = dict(story.erased.removed.rows)
    assert rows == {"labels": 1, "replayed": 7, "raw": 10, "quarantine": 2, "scored": 8, "spool": 1}
    assert story.erased.found.others == 1


def test_the_books_balance_before_and_after_more_has_landed(story):
    assert story.books.sentence == "23 parts = 22 scored + 1 quarantined + 0 pending"
    assert story.books.balanced
    assert (story.after.landed.messages, story.after.scored) == (2, 2)
    assert story.books_after.balanced


def test_no_number_is_given_twice_although_the_newest_message_is_gone(spark, story):
    raw = read_table(spark, settings().table("raw", DOMAIN))
    assert raw.where("partition = '3.jsonl'").agg(F.min("seq")).collect()[0][0] > story.newest


def test_the_erasure_is_on_record_without_a_name(spark, story):
    (kept,) = read_table(spark, settings().table("quality", "erasures")).collect()
    assert (kept["kind"], kept["what"], kept["raw"], kept["scored"]) == ("erasure", "user_id", 10, 8)
    assert GONE not in str(kept)


def test_only_marts_that_were_built_anew_are_left(story):
    assert story.versions == 1
    with connect_marts() as marts:
        assert marts.execute("select count(*) from decisions").fetchall() == [(22,)]


def test_others_keep_their_rows_and_their_labels(spark, story):
    scored = read_table(spark, settings().table("scored", DOMAIN))
    assert scored.where(F.col("user_id") == LIKE_IT).count() == 1
    labels = read_table(spark, settings().table("labels", DOMAIN)).collect()
    assert [row["event_id"] for row in labels] == ["p1"]
    assert sql("select observed from quality_checks where observed like '%rows:%'").rows == []


def test_a_running_writer_is_not_disturbed(spark, story):
    request = request_of(DOMAIN, GONE, (), mentions=False)
    for held in (writing(DOMAIN, "a stream"), loading_labels(DOMAIN, "a load")):
        with held, pytest.raises(LeaseHeld):
            erase(spark, DOMAIN, request)


def test_an_erasure_that_was_cut_short_is_finished_by_the_next(spark, story, monkeypatch):
    def dies(domain, zone, found):
        if zone == "quarantine":
            raise KeyboardInterrupt
        delete(domain, zone, found)

    delete, request = erasure._delete, request_of(DOMAIN, LIKE_IT, (), mentions=False)
    without_purge(monkeypatch, erasure)
    monkeypatch.setattr(erasure, "_delete", dies)
    with pytest.raises(KeyboardInterrupt):
        erase(spark, DOMAIN, request)
    (torn,) = balance(spark, [DOMAIN])
    assert (torn.balanced, torn.orphans) == (False, 2)
    monkeypatch.setattr(erasure, "_delete", delete)
    removed, _ = erase(spark, DOMAIN, request)
    (whole,) = balance(spark, [DOMAIN])
    assert (whole.balanced, whole.scored) == (True, story.books_after.scored - 1)
    assert {zone: removed.rows[zone] for zone in ("raw", "quarantine", "scored")} == {
        "raw": 0,
        "quarantine": 1,
        "scored": 1,
    }


def test_a_column_that_names_nobody_is_refused(story):
    with pytest.raises(WeirError, match="--column amount: names nobody in payments; write one of event_id"):
        request_of(DOMAIN, GONE, ["amount"], mentions=False)


def test_an_address_is_the_same_person_in_any_case(monkeypatch):
    monkeypatch.delenv("WEIR_DOMAINS", raising=False)
    request = request_of("crypto", "0xAbC", ["from_address", "to_address"], mentions=False)
    assert (request.subject, request.columns) == (
        Subject("0xabc", any_case=True),
        ("from_address", "to_address"),
    )


def test_an_ip_address_is_the_same_in_any_case(monkeypatch):
    monkeypatch.delenv("WEIR_DOMAINS", raising=False)
    request = request_of(DOMAIN, "2001:DB8::1", ["ip_address"], mentions=False)
    assert request.subject == Subject("2001:db8::1", any_case=True)


def test_a_wallet_is_the_same_person_in_a_column_that_keeps_its_case(spark):
    held = spark.createDataFrame(
        [("0xAbC", "0xdef"), ("0xabc", "0xdef"), ("0xAbC1", "0xdef")], "user_id string, to string"
    )
    request = Request(Subject("0xabc", any_case=True), ("user_id", "to"))
    assert [row["user_id"] for row in held.where(request.is_of_subject).collect()] == ["0xAbC", "0xabc"]


def test_what_came_too_long_ago_goes_from_all_tables_and_the_books_balance(spark, story, monkeypatch):
    without_purge(monkeypatch, expiry)
    (before,) = balance(spark, [DOMAIN])
    at, date = "received_at = received_at - interval 400 days", "received_date = date_sub(received_date, 400)"
    for zone, values in {"raw": f"{at}, {date}", "quarantine": f"{at}, {date}", "scored": at}.items():
        spark.sql(f"update delta.`{settings().table(zone, DOMAIN)}` set {values} where partition = '1.jsonl'")
    day = first_day_kept(DOMAIN, 100)
    found = find_expired(spark, DOMAIN, day)
    removed = expire(spark, DOMAIN, day)
    (after,) = balance(spark, [DOMAIN])
    assert removed.rows == found
    assert (found["raw"], found["labels"]) == (before.raw - after.raw, 1)
    assert (after.balanced, after.raw, after.scored) == (True, 3, 3)
    kept = read_table(spark, settings().table("quality", "erasures")).where("kind = 'expiry'").collect()
    assert [(row["what"], row["raw"]) for row in kept] == [(f"received before {day}", found["raw"])]


def test_fewer_days_than_features_look_back_are_refused(story):
    with pytest.raises(WeirError, match="--keep 89d: payments looks back 90 days for "):
        first_day_kept(DOMAIN, 89)


@pytest.mark.parametrize("keep", ["400", "0d", "-1d", "36h", "3661d", "d"])
def test_a_span_that_is_no_number_of_days_is_refused(keep):
    with pytest.raises(WeirError, match=f"--keep {keep}: write a number of days, as in --keep 400d"):
        days_of(keep)


def test_days_are_told_in_any_unit():
    assert [days_of(keep) for keep in ("400d", "48h")] == [400, 2]
