"""Checks read the lake, say what is off, and keep what they found."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from orchestration import checks
from orchestration.checks import Books, _keep, balance, judge, run_checks, tally
from spark_jobs.lake import read_table
from tests.sample_lake import START, write_sample_lake
from weir.error import WeirError
from weir.settings import settings

EVENTS = 40
DAY = START.date()


@pytest.fixture
def lake(spark, home):
    write_sample_lake(spark, EVENTS)
    return home


def test_a_good_lake_passes_and_the_results_are_kept(spark, lake):
    rows = run_checks(["payments"])
    failed = [row["check"] for row in rows if not row["success"]]
    assert failed == []
    assert rows[0]["check"] == "books"
    assert rows[0]["observed"] == "40 parts = 36 scored + 4 quarantined + 0 pending"
    kept = read_table(spark, settings().table("quality", "checks"))
    assert kept.count() == len(rows) - 1
    assert read_table(spark, settings().table("quality", "books")).where("balanced").count() == 1
    assert (settings().docs / "site" / "index.html").exists()


def test_a_row_taken_from_scored_puts_the_books_off_and_fails_the_command(spark, lake, weir):
    spark.sql(f"delete from delta.`{settings().table('scored', 'payments')}` where event_id = 'e1'")
    (books,) = balance(spark, ["payments"])
    assert (books.balanced, books.missing) == (False, 1)
    assert books.sentence == "40 parts ≠ 35 scored + 4 quarantined + 0 pending, 1 missing"
    ended = weir("check", "payments", "--json")
    results = json.loads(ended.out)
    (failed,) = (row for row in results if not row["success"])
    assert (failed["check"], failed["observed"], failed["failed_rows"]) == ("books", books.sentence, 1)
    last = ended.err.splitlines()[-1]
    assert (ended.code, last) == (1, f"error: 1 of {len(results)} checks failed, warnings aside")


def test_what_many_runs_have_found_is_gathered_into_few_files(spark, home, monkeypatch):
    monkeypatch.setattr(checks, "compact", partial(checks.compact, at_least=3))
    books = Books(datetime.now(UTC), "payments", *[0] * 9, balanced=True, released=0)
    for _ in range(3):
        _keep(spark, "books", [books])
    kept = read_table(spark, settings().table("quality", "books"))
    assert (kept.count(), len(kept.inputFiles())) == (3, 1)


def test_what_was_found_is_kept_though_another_run_gathers_the_files(spark, home, monkeypatch, caplog):
    def conflicts(*_):
        raise RuntimeError("deleted by a concurrent update")

    monkeypatch.setattr(checks, "compact", conflicts)
    books = Books(datetime.now(UTC), "payments", *[0] * 9, balanced=True, released=0)
    _keep(spark, "books", [books])
    assert read_table(spark, settings().table("quality", "books")).count() == 1
    assert "were not gathered: deleted by a concurrent update" in caplog.text


def test_only_the_rows_of_the_days_asked_for_are_judged(spark, lake):
    spark.sql(
        f"update delta.`{settings().table('scored', 'payments')}` set score = 101 where event_id = 'e1'"
    )

    def _failed(day):
        return {check.check_name for check in judge(spark, ["payments"], (day, day)) if not check.success}

    assert "score_is_in_range" in _failed(DAY)
    assert _failed(DAY + timedelta(days=1)) == set()


def test_a_domain_without_tables_is_an_error_when_it_is_named(spark, home):
    with pytest.raises(WeirError, match="weir stream crypto"):
        run_checks(["crypto"])
    assert run_checks() == []


def test_the_checks_of_a_table_are_counted_and_its_books_told():
    def row(table, check, success, observed=""):
        return {"domain": "d", "table": table, "check": check, "success": success, "observed": observed}

    rows = [
        row("raw/d", "books", True, "1 parts = 1 scored"),
        row("scored/d", "score_is_in_range", False),
        row("raw/d", "seq_is_unique", True),
    ]
    assert [tuple(one.values()) for one in tally(rows)] == [
        ("d", "raw/d", 2, 0, "1 parts = 1 scored"),
        ("d", "scored/d", 0, 1, ""),
    ]
