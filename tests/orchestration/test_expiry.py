"""What came too long ago is in no file any more, the lists of values that a check refused then among them."""

import json
from datetime import UTC, datetime, timedelta

from orchestration.checks import judge
from orchestration.erasure import expire_messages
from orchestration.marts import build_marts
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import drain
from weir.byte_search import search
from weir.settings import settings
from weir.subject import Subject

DOMAIN, OLD, NEW = "payments", "user-17", "user-18"
AGO, DAY = timedelta(days=400), timedelta(days=1)


def payment(user):
    body = {"event_type": "login", "occurred_at": "2026-01-31T12:00:00Z", "device_id": "d1"}
    return json.dumps({"event_id": f"of-{user}", "user_id": user} | body)


def land_and_judge(spark, folder, name, user):
    """One event, and a check that refuses its country and shows it."""
    (folder / name).write_text(f"{payment(user)}\n{payment(user)[:-1]}\n")
    drain(spark, DOMAIN, Intake(FilesSource(folder)))
    spark.sql(f"update delta.`{settings().table('scored', DOMAIN)}` set country = user_id")
    # as a daily check does it: only what has come of late, were it before midnight
    today = datetime.now(UTC).date()
    judge(spark, [DOMAIN], (today - DAY, today))


def move_back(spark):
    """All that came and was judged so far did so AGO."""
    at, date = "{0} = {0} - interval 400 days", "{0} = date_sub({0}, 400)"
    received = f"{at.format('received_at')}, {date.format('received_date')}"
    for path, values in {
        settings().table("raw", DOMAIN): received,
        settings().table("quarantine", DOMAIN): received,
        settings().table("scored", DOMAIN): at.format("received_at"),
        settings().table("quality", "checks"): at.format("checked_at"),
    }.items():
        spark.sql(f"update delta.`{path}` set {values}")
    for path in (settings().docs / "results").rglob("*.json"):
        result = json.loads(path.read_text())
        result["meta"]["run_id"]["run_time"] = (datetime.now(UTC) - AGO).isoformat()
        path.write_text(json.dumps(result))


def hits(user):
    return search([str(settings().root)], Subject(user)).hits


def test_no_file_holds_an_id_that_is_expired(spark, home, brief_payments):
    folder = home.with_name(f"{home.name}_in")
    folder.mkdir()
    land_and_judge(spark, folder, "1.jsonl", OLD)
    move_back(spark)
    land_and_judge(spark, folder, "2.jsonl", NEW)
    build_marts()
    assert {"lake", "data_docs", "marts"} <= {
        path.removeprefix(f"{home}/").split("/")[0] for path in hits(OLD)
    }
    removed = expire_messages(DOMAIN, "100d")
    assert (removed.rows["raw"], removed.rows["scored"]) == (2, 1)
    assert hits(OLD) == []
    assert [path for path in hits(NEW) if "/data_docs/results/" in path]
    shown = read_table(spark, settings().table("quality", "checks")).where(f"observed like '%{NEW}%'")
    assert shown.count() == 1
