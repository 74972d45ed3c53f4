"""Rows as ethereum-etl exports them become crypto events; rows of other exports do not."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import pytest
from pyspark.sql import Row, SparkSession

from spark_jobs.judged import judged
from weir.contract import load_contract
from weir.mapping import load_mapping

RAW = (
    "source string, partition string, position bigint, payload binary, format string, mapping string,"
    " received_at timestamp, received_date date, seq bigint, batch_id bigint"
)
TRANSACTION = {
    "type": "transaction",
    "hash": "0xaa01",
    "nonce": 5,
    "transaction_index": 3,
    "from_address": "0xABcd",
    "to_address": "0xEF01",
    "value": 1642894143000000000000,
    "gas": 21000,
    "gas_price": 80869370967,
    "input": "0x",
    "block_timestamp": 1683029999,
    "block_number": 17173049,
    "block_hash": "0xbb",
    "receipt_contract_address": None,
    "receipt_status": 1,
}
TOKEN_TRANSFER = {
    "type": "token_transfer",
    "token_address": "0xC02A",
    "from_address": "0x6b75",
    "to_address": "0x7054",
    "value": 150188698599042438264952193024,
    "transaction_hash": "0xaa01",
    "log_index": 7,
    "block_number": 17173049,
    "block_timestamp": 1683029999,
    "block_hash": "0xbb",
}


def _judged(spark: SparkSession, row: Mapping[str, object]) -> Row:
    pack = files("domains").joinpath("crypto")
    contract = load_contract(pack.joinpath("contract.yml").read_text(), "contract.yml")
    text = pack.joinpath("mappings", "ethereum-etl.yml").read_text()
    mapping = load_mapping(text, "ethereum-etl.yml", contract)
    received = datetime(2026, 11, 20, tzinfo=UTC)
    body = bytearray(json.dumps(row).encode())
    raw = ("files:/in", "a.jsonl", 0, body, "json", mapping.hash, received, date(2026, 11, 20), 0, 0)
    judge = judged(contract, {mapping.hash: mapping})
    return spark.createDataFrame([raw], RAW).transform(judge).collect()[0]


def _without(row: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}


def test_a_transaction_is_a_transfer_of_ether(spark):
    event = _judged(spark, TRANSACTION)
    assert event.reason is None
    assert (event.event_id, event.event_type, event.asset) == ("0xaa01", "transfer", "ETH")
    assert event.value == Decimal(1642894143000000000000)
    assert (event.from_address, event.to_address) == ("0xabcd", "0xef01")
    assert event.occurred_at == datetime(2023, 5, 2, 12, 19, 59)
    assert event.user_id is None


def test_what_the_contract_has_no_column_for_is_kept_as_metadata(spark):
    metadata = _judged(spark, TRANSACTION).metadata
    assert metadata["block_number"] == "17173049"
    assert metadata["receipt_status"] == "1"
    assert "receipt_contract_address" not in metadata


def test_a_token_transfer_is_named_by_its_transaction_and_log_index(spark):
    event = _judged(spark, TOKEN_TRANSFER)
    assert event.reason is None
    assert (event.event_id, event.event_type, event.asset) == ("0xaa01:7", "transfer", "0xc02a")
    assert event.value == Decimal(150188698599042438264952193024)


@pytest.mark.parametrize("nowhere", [None, ""])
def test_a_transaction_to_nobody_creates_a_contract(spark, nowhere):
    event = _judged(spark, {**TRANSACTION, "to_address": nowhere, "receipt_contract_address": "0xcc"})
    assert (event.reason, event.event_type, event.to_address) == (None, "contract_creation", None)
    assert event.metadata["receipt_contract_address"] == "0xcc"


@pytest.mark.parametrize(
    ("row", "event_id"), [(TRANSACTION, "0xaa01"), (TOKEN_TRANSFER, "0xaa01:7")], ids=["transaction", "token"]
)
def test_a_row_without_a_type_is_told_by_its_fields(spark, row, event_id):
    event = _judged(spark, {name: str(value) for name, value in _without(row, "type").items() if value})
    assert (event.reason, event.event_id, event.event_type) == (None, event_id, "transfer")


@pytest.mark.parametrize(
    "row",
    [
        {"type": "block", "hash": "0xbb", "number": 17173049, "nonce": "0x0", "timestamp": 1683029999},
        {"type": "log", "transaction_hash": "0xaa01", "log_index": 7, "address": "0xC02A", "data": "0x"},
        {"type": "trace", **_without(TRANSACTION, "type", "hash"), "transaction_hash": "0xaa01"},
        {"hash": "0xbb", "number": 17173049, "nonce": "0x0", "timestamp": 1683029999},
    ],
    ids=["block", "log", "trace", "block_without_type"],
)
def test_rows_of_other_exports_are_no_events(spark, row):
    judged_row = _judged(spark, row)
    assert judged_row.reason == "missing"
    assert "event_type" in [fault.column for fault in judged_row.detail]


def test_a_token_id_beyond_the_maximum_is_quarantined(spark):
    assert _judged(spark, {**TOKEN_TRANSFER, "value": 10**32}).reason == "too_big"
