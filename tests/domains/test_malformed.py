"""Malformed messages meet the reason that their kind is for; sound ones meet none."""

from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from pyspark.sql import DataFrame, SparkSession

from domains.faults import Faults
from domains.simulation import simulate
from spark_jobs.judged import judged
from weir.contract import load_contract

RAW = (
    "source string, partition string, position bigint, payload binary, format string, mapping string,"
    " received_at timestamp, received_date date, seq bigint, batch_id bigint"
)
REASONS = {
    "truncated": "not_json",
    "not_json": "not_json",
    "not_an_object": "not_object",
    "duplicate_key": "duplicate_key",
    "invalid_utf8": "invalid_utf8",
    "control_character": "control_character",
    "too_deep": "too_deep",
    "lone_surrogate": "lone_surrogate",
    "missing_event_id": "missing",
    "empty_event_id": "missing",
    "overlong_id": "too_long",
    "unprintable_id": "control_character",
    "missing_event_type": "missing",
    "unknown_event_type": "unknown_value",
    "missing_time": "missing",
    "conflicting_time": "conflicting_alias",
    "not_a_time": "invalid_time",
    "future_time": "in_future",
    "ancient_time": "too_old",
    "bad_ip": "invalid_ip",
    "metadata_not_a_map": "wrong_type",
    "missing_merchant": "missing",
    "missing_amount": "missing",
    "negative_amount": "negative",
    "too_many_decimals": "too_many_decimals",
    "amount_not_a_number": "wrong_type",
    "amount_too_large": "too_big",
    "unknown_currency": "unknown_currency",
    "unknown_country": "unknown_country",
    "missing_asset": "missing",
    "missing_sender": "missing",
    "missing_receiver": "missing",
    "missing_value": "missing",
    "negative_value": "negative",
    "fractional_value": "too_many_decimals",
    "value_not_a_number": "wrong_type",
    "value_too_large": "too_big",
}


def _raw(spark: SparkSession, payloads: list[bytes]) -> DataFrame:
    received = datetime(2026, 11, 20, tzinfo=UTC)
    rows = [
        ("files:/in", "a.jsonl", place, bytearray(body), "json", None, received, date(2026, 11, 20), place, 0)
        for place, body in enumerate(payloads)
    ]
    return spark.createDataFrame(rows, RAW)


def _reasons(spark: SparkSession, domain: str, payloads: list[bytes]) -> list[str | None]:
    text = files("domains").joinpath(domain, "contract.yml").read_text()
    rows = _raw(spark, payloads).transform(judged(load_contract(text, "contract.yml")))
    return [row["reason"] for row in rows.select("position", "reason").orderBy("position").collect()]


@pytest.mark.parametrize("domain", ["payments", "crypto"])
def test_each_kind_is_quarantined_for_its_reason_and_a_sound_message_is_not(spark, domain):
    sound = simulate(domain, 1000, 1, attack_rate=0.3, faults=Faults(malformed=0))
    event = sound.render(sound.events[:1])[0]
    damaged = {kind: damage(dict(event)) for kind, damage in sound.malformations.items()}
    messages = [message.body for message in sound.messages()]

    reasons = _reasons(spark, domain, [*damaged.values(), *messages])

    assert dict(zip(damaged, reasons, strict=False)) == {kind: REASONS[kind] for kind in damaged}
    assert set(reasons[len(damaged) :]) == {None}
