"""How much a batch is, on literal rows."""

from datetime import UTC, date, datetime

from spark_jobs import extent
from spark_jobs.extent import Extent, extent_of, gathered

JUDGED = "occurred_at timestamp, reason string"
NOON, LATER = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_refused_rows_are_counted_and_say_nothing_of_the_events(spark):
    rows = [(LATER, None), (NOON, "bad_time"), (None, "not_json")]
    found = extent_of(spark.createDataFrame(rows, JUDGED))
    assert found == Extent(3, LATER, (date(2026, 3, 2),))


def test_rows_without_a_verdict_are_events(spark):
    found = extent_of(spark.createDataFrame([(LATER,), (NOON,)], "occurred_at timestamp"))
    assert found == Extent(2, NOON, (date(2026, 3, 1), date(2026, 3, 2)))


def test_a_batch_without_events_has_no_first(spark):
    found = extent_of(spark.createDataFrame([(NOON, "not_json")], JUDGED))
    assert found == Extent(1, None, ())


def test_only_a_small_batch_is_gathered_in_one_task(spark, monkeypatch):
    rows, size = spark.range(10, numPartitions=2), Extent(10, NOON, ())
    assert rows.transform(gathered(size)).rdd.getNumPartitions() == 1
    monkeypatch.setattr(extent, "ROWS_OF_ONE_TASK", 9)
    assert rows.transform(gathered(size)).rdd.getNumPartitions() == 2
