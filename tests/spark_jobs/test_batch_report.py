"""What a batch comes to, on literal rows."""

from datetime import UTC, datetime, timedelta

from spark_jobs.batch_report import Tally, batch_report, tally_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JUDGED = "seq bigint, reason string, received_at timestamp"


def test_a_message_of_several_parts_is_one(spark):
    rows = [(1, None, NOON), (1, None, NOON), (2, "not_json", NOON - timedelta(hours=1))]
    found = tally_of(spark.createDataFrame(rows, JUDGED))
    assert found == Tally(2, 2, 1, NOON - timedelta(hours=1))


def test_a_report_tells_how_long_the_oldest_message_waited():
    began = datetime.now(UTC)
    report = batch_report(Tally(2, 2, 1, began - timedelta(minutes=1)), "payments", 7, began)
    assert report
    assert (report.domain, report.batch, report.messages, report.scored, report.quarantined) == (
        "payments",
        7,
        2,
        2,
        1,
    )
    assert report.seconds < 60 <= report.lag_seconds


def test_a_batch_without_messages_has_no_report(spark):
    tally = tally_of(spark.createDataFrame([], JUDGED))
    assert batch_report(tally, "payments", 7, NOON) is None
