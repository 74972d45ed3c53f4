"""A small contract, and messages that are judged by it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, Row, SparkSession

from spark_jobs.judged import NO_BOUNDS, judged
from weir.contract import load_contract

CONTRACT = load_contract(
    """
domain: shop
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [sale, visit], required: true}
  occurred_at: {type: time, required: true, aliases: [timestamp]}
  user_id: {type: id}
  amount: {type: money, currency: currency, maximum: 1000000, required_for: [sale]}
  currency: {type: currency, required_for: [sale]}
  value: {type: units, minimum: 0, maximum: 1e31}
  visits: {type: integer, minimum: -5}
  ratio: {type: number, maximum: 2.5}
  is_member: {type: boolean}
  country: {type: country}
  ip_address: {type: ip}
  wallet: {type: address}
  note: {type: string}
  metadata: {type: map}
""",
    "contract.yml",
)
RAW = (
    "source string, partition string, position bigint, payload binary, format string, mapping string,"
    " received_at timestamp, received_date date, seq bigint, batch_id bigint"
)
RECEIVED = datetime(2026, 1, 31, 12)
VISIT = {"event_id": "e1", "event_type": "visit", "occurred_at": "2026-01-31T11:00:00Z"}
SALE = {**VISIT, "event_type": "sale", "amount": 9.5, "currency": "EUR"}


def raw_rows(
    spark: SparkSession, payloads: Iterable[object], form: str = "json", source: str = "kafka:shop"
) -> DataFrame:
    rows = [
        (source, "0", at, _bytes(payload), form, None, RECEIVED, RECEIVED.date(), at, 7)
        for at, payload in enumerate(payloads)
    ]
    return spark.createDataFrame(rows, RAW)


def _bytes(payload: object) -> bytearray | None:
    if payload is None or isinstance(payload, bytes):
        return None if payload is None else bytearray(payload)
    return bytearray((payload if isinstance(payload, str) else json.dumps(payload)).encode())


def judged_rows(
    spark: SparkSession, payloads: Iterable[object], max_ages: Mapping[str, timedelta] = NO_BOUNDS
) -> list[Row]:
    rows = raw_rows(spark, payloads).transform(judged(CONTRACT, max_ages=max_ages))
    return rows.orderBy("seq").collect()


def reasons(
    spark: SparkSession, payloads: Iterable[object], max_ages: Mapping[str, timedelta] = NO_BOUNDS
) -> list[str | None]:
    return [row["reason"] for row in judged_rows(spark, payloads, max_ages)]
