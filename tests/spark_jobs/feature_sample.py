"""Events and features to try the definition on: small times, few keys, every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.features import earlier_rows, with_features
from weir.feature import Feature

Event = dict[str, Any]
PAID = "event_type = 'payment'"
START = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
SCHEMA = """event_type string, occurred_at timestamp, seq bigint, part int, user string, merchant string,
level string, amount bigint, units decimal(38,0)"""


def feature(
    name: str, kind: str, *key: str, span: float = 10, gap: float | None = None, **given: Any
) -> Feature:
    """A feature with its span and gap in seconds."""
    known = {"value": None, "where": None, "description": "", **given}
    return Feature(
        name,
        kind,
        key,
        span=timedelta(seconds=span),
        gap=None if gap is None else timedelta(seconds=gap),
        **known,
    )


# `level` is also what a step of the computation is called inside: a contract may use any name
EVERY_KIND = (
    feature("user_payments", "count", "user", span=5, where=PAID),
    feature("user_events", "count", "user", span=20),
    feature("merchant_events", "count", "merchant", span=7),
    feature("user_amount", "sum", "user", "level", span=5, value="amount", where=PAID),
    feature("level_amount", "sum", "level", "user", span=20, value="amount"),
    feature("user_units", "sum", "user", span=20, value="units", where=PAID, type="decimal(38,0)"),
    feature("user_merchants", "distinct", "user", span=5, value="merchant", where=PAID),
    feature("level_merchants", "distinct", "user", "level", span=6, value="merchant"),
    feature("seconds_since_payment", "seconds_since_previous", "user", span=15, where=PAID),
    feature("previous_merchant", "previous", "user", span=9, value="merchant", where=PAID, type="string"),
    feature("is_first_merchant", "is_first_seen", "user", span=15, value="merchant", type="boolean"),
    feature("is_first_level", "is_first_seen", "user", span=8, value="level", where=PAID, type="boolean"),
    feature("session_payments", "session_count", "user", span=12, gap=3, where=PAID),
    feature("session_age", "session_seconds", "user", span=12, gap=3, where=PAID),
)


def event(at: float, seq: int, **values: Any) -> Event:
    """A payment of user ann, so many seconds after START."""
    given = {"event_type": "payment", "part": 0, "user": "ann", "merchant": None, "level": None, "amount": 1}
    return {**given, "units": None, "occurred_at": START + timedelta(seconds=at), "seq": seq, **values}


def random_events(seed: int, number: int, disorder: float) -> list[Event]:
    """Events in the order of arrival, with ties, null keys, several parts of a message, and a share of late ones."""
    chance, events, seq, part, now = Random(seed), [], 0, 0, 0.0
    for _ in range(number):
        seq, part = (seq, part + 1) if chance.random() < 0.2 else (seq + chance.choice([1, 1, 5]), 0)
        now += chance.choice([0, 0, 0, 1, 2])
        late = chance.randint(0, 15) if chance.random() < disorder else 0
        values = {
            "event_type": chance.choice(["payment", "payment", "login", None]),
            "part": part,
            "user": chance.choice([*"abcdefgh", None]),
            "merchant": chance.choice([*"xyz", None]),
            "level": chance.choice(["low", "high", None]),
            "amount": chance.choice([None, 1, -5, 7, 2**62]),
            "units": chance.choice([None, Decimal(5), Decimal(10**31), Decimal(4 * 10**37)]),
        }
        events.append(event(now - late + chance.choice([0, 0, 1e-6]), seq, **values))
    return events


def holds(of: Feature, other: Mapping[str, Any]) -> bool:
    """The two conditions used here, for the oracle."""
    return of.where is None or other["event_type"] == "payment"


def with_event_date(rows: DataFrame) -> DataFrame:
    """What makes events rows of scored/<domain>, as far as history is concerned."""
    return rows.withColumn("event_date", F.to_date("occurred_at"))


def computed(
    spark: SparkSession,
    features: Sequence[Feature],
    events: Sequence[Event],
    cuts: Sequence[int] = (),
) -> list[Event]:
    """Each event's features and `is_late`, when the events arrive in batches cut before these positions."""
    bounds = [0, *sorted(set(cuts) - {0, len(events)}), len(events)]
    found: dict[tuple[int, int], Event] = {}
    for begin, end in pairwise(bounds):
        batch = spark.createDataFrame(events[begin:end], SCHEMA)
        scored = with_event_date(spark.createDataFrame(events[:begin], SCHEMA))
        earlier = batch.transform(earlier_rows(features, scored)) if begin else None
        rows = batch.transform(with_features(features, earlier)).collect()
        found |= {(row["seq"], row["part"]): row.asDict() for row in rows}
        assert len(rows) == end - begin
    names = [*(one.name for one in features), "is_late"]
    return [{name: found[one["seq"], one["part"]][name] for name in names} for one in events]
