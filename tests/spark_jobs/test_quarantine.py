"""What is refused is kept with why; an event that was taken before is a duplicate, but not of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.extent import extent_of
from spark_jobs.layers import Transform
from spark_jobs.quarantine import as_poison, quarantined, with_duplicate_reason
from weir.tables import QUARANTINE

NOON = datetime(2026, 1, 31, 12)
JUDGED = (
    "source string, partition string, position bigint, part int, seq bigint, received_at timestamp,"
    " received_date date, batch_id bigint, event_id string, event_type string, occurred_at timestamp,"
    " reason string, detail array<struct<reason:string,column:string,value:string>>"
)
HELD = (
    "event_id string, event_date date, source string, partition string, position bigint, part int, score int"
)


def _judged(
    spark: SparkSession, *rows: tuple[int, str | None, str | None], occurred_at: datetime = NOON
) -> DataFrame:
    """(position, event_id, reason) of each row; seq is the position."""
    whole = [
        (
            "kafka:t",
            "0",
            at,
            0,
            at,
            NOON,
            NOON.date(),
            1,
            event,
            "sale",
            None if reason else occurred_at,
            reason,
            None,
        )
        for at, event, reason in rows
    ]
    return spark.createDataFrame(whole, JUDGED)


def _scored(spark: SparkSession, *rows: tuple[int, str, date]) -> DataFrame:
    return spark.createDataFrame([(event, day, "kafka:t", "0", at, 0, 5) for at, event, day in rows], HELD)


def _with_duplicates(scored: DataFrame) -> Transform:
    return lambda rows: rows.transform(with_duplicate_reason(scored, extent_of(rows).days))


def _reasons(judged: DataFrame, scored: DataFrame) -> list[str | None]:
    rows = judged.transform(_with_duplicates(scored))
    assert rows.columns == judged.columns
    return [row["reason"] for row in rows.orderBy("seq", "part").collect()]


def test_only_refused_rows_are_quarantined_with_the_tables_columns(spark):
    rows = _judged(spark, (1, "a", None), (2, "b", "missing"), (3, None, "not_json")).transform(
        quarantined(9)
    )
    assert dict(rows.dtypes) == QUARANTINE
    assert rows.columns == list(QUARANTINE)
    kept = [(row["position"], row["reason"], row["batch_id"], row["received_date"]) for row in rows.collect()]
    assert kept == [(2, "missing", 9, NOON.date()), (3, "not_json", 9, NOON.date())]


def test_a_quarantined_row_says_when(spark):
    (row,) = _judged(spark, (1, None, "not_json")).transform(quarantined(9)).collect()
    assert row["quarantined_at"].replace(tzinfo=UTC) > datetime(2026, 1, 1, tzinfo=UTC)


def test_poison_is_a_reason_without_an_event(spark):
    raw = _judged(spark, (1, "a", None)).drop("event_id", "event_type", "reason", "detail", "part")
    (row,) = raw.transform(as_poison(9)).collect()
    assert (row["reason"], row["part"], row["event_id"], row["batch_id"]) == ("poison", 0, None, 9)
    assert tuple(row["detail"][0]) == ("poison", None, None)


def test_within_a_batch_the_first_to_arrive_wins(spark):
    rows = _judged(spark, (3, "a", None), (1, "a", None), (2, "b", None), (4, "a", None))
    assert _reasons(rows, _scored(spark)) == [None, None, "duplicate", "duplicate"]


def test_the_parts_of_a_message_arrive_in_their_order(spark):
    rows = _judged(spark, (1, "a", None)).withColumn("part", F.explode(F.array(F.lit(1), F.lit(0))))
    assert _reasons(rows, _scored(spark)) == [None, "duplicate"]


def test_a_refused_row_takes_no_event(spark):
    rows = _judged(spark, (1, "a", "missing"), (2, "a", None), (3, None, "not_json"), (4, None, "not_json"))
    assert _reasons(rows, _scored(spark)) == ["missing", None, "not_json", "not_json"]


def test_an_event_that_scored_holds_under_another_key_is_a_duplicate(spark):
    scored = _scored(spark, (7, "a", NOON.date()))
    assert _reasons(_judged(spark, (8, "a", None), (9, "b", None)), scored) == ["duplicate", None]


def test_a_batch_that_is_tried_again_does_not_meet_its_own_rows(spark):
    scored = _scored(spark, (8, "a", NOON.date()), (9, "b", NOON.date()))
    rows = _judged(spark, (8, "a", None), (9, "b", None), (10, "b", None))
    assert _reasons(rows, scored) == [None, None, "duplicate"]


def test_the_same_id_on_another_day_is_another_event(spark):
    assert _reasons(_judged(spark, (8, "a", None)), _scored(spark, (7, "a", date(2026, 1, 30)))) == [None]


def test_a_row_is_never_multiplied(spark):
    scored = _scored(spark, (7, "a", NOON.date()), (6, "a", NOON.date()))
    assert _reasons(_judged(spark, (8, "a", None)), scored) == ["duplicate"]


def test_a_duplicate_tells_its_event(spark):
    rows = _judged(spark, (1, "a", None), (2, "a", None)).transform(_with_duplicates(_scored(spark)))
    detail = {row["position"]: row["detail"] for row in rows.collect()}
    assert detail[1] is None
    assert tuple(detail[2][0]) == ("duplicate", "event_id", "a")
