"""A small lake with rows in every zone, written by Spark as the pipeline does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from spark_jobs.lake import create_table
from weir.pack import domains
from weir.settings import settings
from weir.warehouse import tables_of

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARTITIONED_BY = {"raw": "received_date", "quarantine": "received_date", "scored": "event_date"}
BURST = [("velocity_burst", 70, "9 payments in 5 minutes"), ("first_device", 30, "a device never seen")]
Row = Mapping[str, Any]


def write_sample_lake(spark: SparkSession, events: int = 200, batch_id: int = 0) -> None:
    """Append one batch to raw, scored, quarantine and labels of payments and crypto: a tenth is quarantined.

    Every twentieth event is an attack; batches lie a minute apart and follow one another in `seq`.
    """
    for domain, event in (("payments", payment), ("crypto", transfer)):
        first = batch_id * events
        messages = [message(seq, batch_id) for seq in range(first, first + events)]
        bad = [row for row in messages if row["seq"] % 10 == 9]
        good = [row for row in messages if row["seq"] % 10 != 9]
        append(spark, "raw", domain, messages)
        append(spark, "quarantine", domain, (quarantined(row) for row in bad))
        append(spark, "scored", domain, (scored(row, domain, event(row["seq"])) for row in good))
        append(spark, "labels", domain, (label(row) for row in good if is_attack(row["seq"])))


def append(spark: SparkSession, zone: str, name: str, rows: Iterable[Row]) -> None:
    """Rows with some of a lake table's columns -> appended, the others null; a missing table is made."""
    table = next(table for table in tables_of(domains()) if (table.zone, table.name) == (zone, name))
    path = settings().table(zone, name)
    create_table(spark, path, table.columns, PARTITIONED_BY.get(zone))
    values = [tuple(row.get(column) for column in table.columns) for row in rows]
    schema = ", ".join(f"`{column}` {kind}" for column, kind in table.columns.items())
    frame = spark.createDataFrame(values, schema).coalesce(1)
    frame.write.format("delta").mode("append").save(path)


def message(seq: int, batch_id: int) -> dict[str, Any]:
    at = START + timedelta(minutes=batch_id, seconds=seq % 90)
    key = {"source": "files:/data", "partition": f"{seq % 2}.json", "position": seq * 100}
    arrival = {"seq": seq, "batch_id": batch_id, "received_at": at, "received_date": at.date()}
    return {**key, **arrival, "payload": b'{"amount": 1}', "format": "json"}


def quarantined(raw: Row) -> dict[str, Any]:
    duplicate = raw["seq"] % 20 == 9
    reason = "duplicate" if duplicate else "missing_amount"
    detail = [(reason, "event_id" if duplicate else "amount", None)]
    known = {"event_id": f"e{raw['seq']}", "event_type": "payment"} if duplicate else {}
    return {
        **raw,
        **known,
        "part": 0,
        "reason": reason,
        "detail": detail,
        "quarantined_at": raw["received_at"],
    }


def scored(raw: Row, domain: str, event: Row) -> dict[str, Any]:
    """A message and its event -> a decision: attacks score 100 of 100 points, the others nothing."""
    reasons = BURST if is_attack(raw["seq"]) else []
    score = sum(points for _, points, _ in reasons)
    occurred = raw["received_at"] - timedelta(hours=raw["seq"] % 3 * 12)
    return {
        **raw,
        **event,
        **{"event_id": f"e{raw['seq']}", "occurred_at": occurred, "event_date": occurred.date()},
        **{"score": score, "action": "block" if reasons else "allow", "reasons": reasons},
        **{"ruleset": f"{domain}@1#abcdef", "pack": "0123456789abcdef", "part": 0, "is_late": False},
        "scored_at": raw["received_at"] + timedelta(seconds=1.5),
    }


def payment(seq: int) -> dict[str, Any]:
    who = {"user_id": "mallory" if is_attack(seq) else f"u{seq % 17}", "ip_address": f"10.0.0.{seq % 9}"}
    money = {"amount": Decimal(seq) / 4, "amount_minor": seq * 25, "currency": "EUR", "country": "DE"}
    return {
        "event_type": "payment",
        **who,
        "device_id": f"d{seq % 11}",
        "merchant_id": f"m{seq % 5}",
        **money,
    }


def transfer(seq: int) -> dict[str, Any]:
    sides = {"from_address": f"0x{seq % 7:040x}", "to_address": f"0x{seq % 5 + 10:040x}"}
    return {"event_type": "transfer", **sides, "asset": "ETH", "value": Decimal(10) ** 18 * seq}


def label(raw: Row) -> dict[str, Any]:
    at = START + timedelta(days=1)
    return {
        "event_id": f"e{raw['seq']}",
        "is_fraud": True,
        "attack": "card_testing",
        "labeled_at": at,
        "source": "sample",
    }


def is_attack(seq: int) -> bool:
    return seq % 20 == 0


def write_sample_quality(spark: SparkSession, checked_at: datetime = START + timedelta(days=1)) -> None:
    """Append balanced books and one passed check of payments, as of a time."""
    books = dict.fromkeys(
        ("raw", "parts", "scored", "quarantined", "duplicates", "pending", "missing", "doubled", "orphans"), 0
    )
    append(
        spark,
        "quality",
        "books",
        [{**books, "checked_at": checked_at, "domain": "payments", "balanced": True}],
    )
    check = {
        "table_name": "scored/payments",
        "check_name": "expect_column_values_to_not_be_null",
        "success": True,
    }
    append(
        spark,
        "quality",
        "checks",
        [{**check, "checked_at": checked_at, "domain": "payments", "suite": "scored"}],
    )


def day(number: int) -> date:
    """The number of days after the sample's first day -> that day."""
    return (START + timedelta(days=number)).date()
