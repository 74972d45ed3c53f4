"""An event knows what a list said of it at the time it happened."""

from __future__ import annotations

from datetime import datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.enriched import with_enrichments
from weir.enrichment import Enrichment
from weir.error import WeirError

TO = Enrichment("is_sanctioned_to", "sanctioned", "to_address", "")
FROM = Enrichment("is_sanctioned_from", "sanctioned", "from_address", "")
NOON = datetime(2026, 1, 31, 12)
BEFORE, AFTER = datetime(2026, 1, 30), datetime(2026, 2, 1)


def _list(spark: SparkSession, *rows: tuple[str, datetime | None, datetime | None]) -> DataFrame:
    return spark.createDataFrame(rows, "value string, listed_at timestamp, delisted_at timestamp")


def _events(spark: SparkSession, *addresses: str | None) -> DataFrame:
    rows = [(at, address, "0xother", NOON) for at, address in enumerate(addresses)]
    return spark.createDataFrame(
        rows, "seq int, to_address string, from_address string, occurred_at timestamp"
    )


def _answers(events: DataFrame, reference: DataFrame) -> list[bool | None]:
    rows = events.transform(with_enrichments([TO], {"sanctioned": reference})).orderBy("seq").collect()
    return [row["is_sanctioned_to"] for row in rows]


def test_a_value_is_looked_up_without_regard_to_case(spark):
    reference = _list(spark, ("0xabc", None, None))
    assert _answers(_events(spark, "0xABC", "0xabc", "0xdef", None), reference) == [True, True, False, None]


def test_a_value_is_listed_from_its_listing_until_its_delisting(spark):
    spans = {
        "a": (NOON, None, True),
        "b": (AFTER, None, False),
        "c": (BEFORE, NOON, False),
        "d": (BEFORE, AFTER, True),
        "e": (None, BEFORE, False),
        "f": (None, AFTER, True),
    }
    reference = _list(spark, *((value, listed, delisted) for value, (listed, delisted, _) in spans.items()))
    assert _answers(_events(spark, *spans), reference) == [answer for _, _, answer in spans.values()]


def test_a_value_that_is_listed_several_times_multiplies_no_event(spark):
    reference = _list(spark, ("a", None, BEFORE), ("A", BEFORE, None), ("a", AFTER, None), ("a", AFTER, None))
    assert _answers(_events(spark, "a", "a"), reference) == [True, True]


def test_an_empty_list_knows_nothing(spark):
    assert _answers(_events(spark, "a", None), _list(spark)) == [False, None]


def test_one_list_answers_for_several_columns(spark):
    reference = _list(spark, ("0xother", None, None))
    rows = _events(spark, "a").transform(with_enrichments([TO, FROM], {"sanctioned": reference}))
    assert rows.columns[-2:] == ["is_sanctioned_to", "is_sanctioned_from"]
    assert [(row["is_sanctioned_to"], row["is_sanctioned_from"]) for row in rows.collect()] == [(False, True)]


def test_without_enrichments_events_stay_as_they_are(spark):
    events = _events(spark, "a")
    assert events.transform(with_enrichments([], {})).collect() == events.collect()


def test_a_list_that_is_not_loaded_is_named():
    with pytest.raises(WeirError, match="is_sanctioned_to looks in the list 'sanctioned'"):
        with_enrichments([TO], {})
