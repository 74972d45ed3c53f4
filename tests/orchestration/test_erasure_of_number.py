"""A subject who goes by a number is erased, and with them no amount, minute or count of anybody else."""

import json

from dagster import AssetKey, AssetObservation
from pyspark.sql import functions as F

from orchestration.erasure import erase_subject, request_of
from orchestration.instance import instance
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import drain
from weir.settings import settings

DOMAIN, GONE = "payments", "17"


def payment(event_id, user, **more):
    body = {
        "event_id": event_id,
        "event_type": "payment",
        "occurred_at": "2026-01-31T12:17:30Z",
        "user_id": user,
        "merchant_id": "m1",
        "amount": "17",
        "currency": "EUR",
        "device_id": "d1",
    }
    return {name: value for name, value in (body | more).items() if value is not None}


THEIRS = [
    payment("g1", GONE),
    payment("g2", GONE, currency="nothing"),
    payment("g3", int(GONE), merchant_id=None),
    payment("g4", None, uid=GONE),
]
OF_OTHERS = [
    *(payment(f"o{number}", f"2{number}") for number in range(17)),
    payment("q1", "20", currency="nothing"),
    payment("q2", None),
    payment("q3", "20", currency="nothing", metadata={"minute": 17}),
]


def test_only_their_messages_go_and_the_history_can_be_read(spark, home, brief_payments):
    folder = home.with_name(f"{home.name}_in")
    folder.mkdir()
    lines = [json.dumps(message) for message in (*THEIRS, *OF_OTHERS)]
    # a message that nobody can read is theirs when it names them
    (folder / "1.jsonl").write_text("".join(f"{line}\n" for line in [*lines, lines[0][:-1], lines[5][:40]]))
    drain(spark, DOMAIN, Intake(FilesSource(folder)))
    with instance() as dagster:
        told = {"newest": GONE, "rows": 17}
        dagster.report_runless_asset_event(AssetObservation(["scored", DOMAIN], metadata=told))
    request = request_of(DOMAIN, GONE, (), mentions=False)
    erased = erase_subject(DOMAIN, request)
    assert (erased.found.rows["raw"], erased.found.rows["scored"], erased.found.mentions) == (5, 1, 0)
    raw = read_table(spark, settings().table("raw", DOMAIN)).select(F.col("payload").cast("string"))
    assert {row[0] for row in raw.collect()} == {*(json.dumps(one) for one in OF_OTHERS), lines[5][:40]}
    assert (erased.left, erased.kept, erased.searched.unread) == ([], {}, [])
    with instance() as dagster:
        (record,) = dagster.fetch_observations(AssetKey(["scored", DOMAIN]), limit=9).records
        assert record.asset_observation is not None
        assert record.asset_observation.metadata["rows"].value == 17
