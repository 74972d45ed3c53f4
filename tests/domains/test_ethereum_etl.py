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


def _without(row: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}


def _untyped(row: Mapping[str, object]) -> dict[str, object]:
    """As a CSV export gives it: texts, and no type."""
    return {name: str(value) for name, value in _without(row, "type").items() if value is not None}


OTHER_EXPORTS = {
    "block": {"type": "block", "hash": "0xbb", "number": 17173049, "nonce": "0x0", "timestamp": 1683029999},
    "log": {"type": "log", "transaction_hash": "0xaa01", "log_index": 7, "address": "0xC02A", "data": "0x"},
    "trace": {"type": "trace", **_without(TRANSACTION, "type", "hash"), "transaction_hash": "0xaa01"},
    "untyped block": {"hash": "0xbb", "number": 17173049, "nonce": "0x0", "timestamp": 1683029999},
}
ROWS = {
    "transaction": TRANSACTION,
    "token transfer": TOKEN_TRANSFER,
    "call": {**TRANSACTION, "input": "0x3593564c"},
    "to null": {**TRANSACTION, "to_address": None, "receipt_contract_address": "0xcc"},
    "to nothing": {**TRANSACTION, "to_address": "", "receipt_contract_address": "0xcc"},
    "untyped transaction": _untyped(TRANSACTION),
    "untyped token transfer": _untyped(TOKEN_TRANSFER),
    "token id": {**TOKEN_TRANSFER, "value": 10**32},
    **OTHER_EXPORTS,
}


@pytest.fixture(scope="module")
def judged_rows(spark: SparkSession) -> dict[str, Row]:
    """ROWS as the stream judges them, by name."""
    pack = files("domains").joinpath("crypto")
    contract = load_contract(pack.joinpath("contract.yml").read_text(), "contract.yml")
    text = pack.joinpath("mappings", "ethereum-etl.yml").read_text()
    mapping = load_mapping(text, "ethereum-etl.yml", contract)
    day, moment = date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC)
    raw = [
        ("files:/in", name, 0, bytearray(json.dumps(row).encode()), "json", mapping.hash, moment, day, seq, 0)
        for seq, (name, row) in enumerate(ROWS.items())
    ]
    judge = judged(contract, {mapping.hash: mapping})
    return {row["partition"]: row for row in spark.createDataFrame(raw, RAW).transform(judge).collect()}


def test_a_transaction_is_a_transfer_of_ether(judged_rows):
    event = judged_rows["transaction"]
    assert event.reason is None
    assert (event.event_id, event.event_type, event.asset) == ("0xaa01", "transfer", "ETH")
    assert event.value == Decimal(1642894143000000000000)
    assert (event.from_address, event.to_address) == ("0xabcd", "0xef01")
    assert event.occurred_at == datetime(2023, 5, 2, 12, 19, 59)
    assert event.user_id is None


def test_what_the_contract_has_no_column_for_is_kept_as_metadata(judged_rows):
    metadata = judged_rows["transaction"].metadata
    assert metadata["block_number"] == "17173049"
    assert metadata["receipt_status"] == "1"
    assert "receipt_contract_address" not in metadata
    assert metadata["is_call"] == "false"
    assert judged_rows["call"].metadata["is_call"] == "true"
    assert "is_call" not in judged_rows["token transfer"].metadata


def test_a_token_transfer_is_named_by_its_transaction_and_log_index(judged_rows):
    event = judged_rows["token transfer"]
    assert event.reason is None
    assert (event.event_id, event.event_type, event.asset) == ("0xaa01:7", "transfer", "0xc02a")
    assert event.value == Decimal(150188698599042438264952193024)


@pytest.mark.parametrize("name", ["to null", "to nothing"])
def test_a_transaction_to_nobody_creates_a_contract(judged_rows, name):
    event = judged_rows[name]
    assert (event.reason, event.event_type, event.to_address) == (None, "contract_creation", None)
    assert event.metadata["receipt_contract_address"] == "0xcc"


@pytest.mark.parametrize("name", ["transaction", "token transfer"])
def test_a_row_without_a_type_is_told_by_its_fields(judged_rows, name):
    typed, untyped = judged_rows[name].asDict(), judged_rows[f"untyped {name}"].asDict()
    ignored = ("partition", "seq")
    assert _without(untyped, *ignored) == _without(typed, *ignored)


@pytest.mark.parametrize("name", OTHER_EXPORTS)
def test_rows_of_other_exports_are_no_events(judged_rows, name):
    assert judged_rows[name].reason == "missing"
    assert "event_type" in [fault.column for fault in judged_rows[name].detail]


def test_a_token_id_beyond_the_maximum_is_quarantined(judged_rows):
    assert judged_rows["token id"].reason == "too_big"
