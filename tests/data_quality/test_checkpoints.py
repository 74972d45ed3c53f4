"""A suite made from a contract passes good rows and names what is wrong with bad ones."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from data_quality.checkpoints import run_suite, with_sums
from data_quality.suites import quarantine_suite, raw_suite, scored_suite
from weir.contract import Column, Contract
from weir.tables import DECISION, QUARANTINE, RAW

CONTRACT = Contract(
    "payments",
    (
        Column("event_id", "id", required=True),
        Column("event_type", "enum", values=("payment", "login"), required=True),
        Column("occurred_at", "time", required=True),
        Column("amount", "money", required_for=("payment",), maximum=Decimal(1000), currency="currency"),
        Column("currency", "currency"),
        Column("ip_address", "ip"),
    ),
)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = date(2026, 5, 1)
GOOD_SCORED = {
    "event_id": "e1", "event_type": "payment", "occurred_at": NOON, "amount": 10, "amount_minor": 1000,
    "currency": "EUR", "ip_address": "10.0.0.1", "score": 40, "action": "verify",
    "reasons": [("velocity_burst", 50, "8 payments"), ("cap", -10, "")], "ruleset": "payments@1#1f3a9c",
    "pack": "1f3a9c", "source": "files:/in", "partition": "a.json", "position": 0, "part": 0, "seq": 1,
    "received_at": NOON, "batch_id": 0, "is_late": False, "scored_at": NOON, "event_date": DAY,
}  # fmt: skip
GOOD_QUARANTINE = {
    "source": "files:/in", "partition": "a.json", "position": 0, "part": 0, "seq": 1, "reason": "duplicate",
    "detail": [], "received_at": NOON, "batch_id": 0, "quarantined_at": NOON, "received_date": DAY,
}  # fmt: skip
GOOD_RAW = {
    "source": "files:/in", "partition": "a.json", "position": 0, "payload": b"{}", "format": "json",
    "received_at": NOON, "received_date": DAY, "seq": 1, "batch_id": 0,
}  # fmt: skip


@pytest.fixture
def table(spark):
    """Rows as dicts, of any Python numbers -> a frame with a table's types."""

    def _table(rows, types):
        given = {name: "int" if kind.startswith("decimal") else kind for name, kind in types.items()}
        frame = spark.createDataFrame(rows, ", ".join(f"{name} {kind}" for name, kind in given.items()))
        return frame.selectExpr(*(f"cast({name} as {kind}) as {name}" for name, kind in types.items()))

    return _table


@pytest.fixture
def failures(table, tmp_path):
    """Runs a suite over rows and returns the failed checks by name."""

    def _failures(rows, types, suite):
        checks = run_suite(table(rows, types), suite, tmp_path)
        return {check.check_name: check for check in checks if not check.success}

    return _failures


@pytest.fixture
def scored_failures(table, tmp_path):
    def _failures(rows):
        frame = table(rows, {**CONTRACT.event_types, **DECISION}).transform(with_sums)
        checks = run_suite(frame, scored_suite(CONTRACT, ["allow", "verify"]), tmp_path)
        return {check.check_name: check for check in checks if not check.success}

    return _failures


def test_a_good_decision_passes_every_check(scored_failures):
    login = GOOD_SCORED | {"event_id": "e2", "event_type": "login", "amount": None, "currency": None}
    assert scored_failures([GOOD_SCORED, login]) == {}


def test_an_empty_table_passes_every_check(scored_failures):
    assert scored_failures([]) == {}


def test_each_fault_of_a_decision_is_named(scored_failures):
    bad = GOOD_SCORED | {
        "event_type": "gift", "occurred_at": datetime(1999, 5, 1, tzinfo=UTC), "amount": 1001,
        "currency": "euro", "ip_address": "nowhere", "score": 101, "action": "shrug", "ruleset": None,
    }  # fmt: skip
    unpaid = GOOD_SCORED | {"event_id": "e3", "amount": None}
    failed = scored_failures([bad, unpaid])
    assert set(failed) == {
        "event_type_is_known",
        "occurred_at_is_in_range",
        "amount_is_in_range",
        "amount_is_present_where_required",
        "currency_is_well_formed",
        "ip_address_is_well_formed",
        "score_is_in_range",
        "action_is_known",
        "ruleset_is_present",
        "reasons_add_up_to_score",
        "event_date_is_day_of_occurred_at",
    }
    assert failed["score_is_in_range"].failed_rows == 1
    assert failed["action_is_known"].observed == "1 of 2 rows: shrug"
    assert failed["amount_is_in_range"].expected == "at most 1000"


def test_an_event_id_twice_on_one_day_fails(scored_failures):
    assert set(scored_failures([GOOD_SCORED, GOOD_SCORED])) == {"event_id_event_date_is_unique"}


def test_an_event_id_on_two_days_is_a_warning(scored_failures):
    next_day = {"occurred_at": datetime(2026, 5, 2, tzinfo=UTC), "event_date": date(2026, 5, 2)}
    (reused,) = scored_failures([GOOD_SCORED, GOOD_SCORED | next_day]).values()
    assert (reused.check_name, reused.severity) == ("event_id_is_not_reused_on_another_day", "warning")
    assert reused.failed_rows == 1


def test_a_column_of_another_type_or_missing_is_named(failures):
    types = {name: kind for name, kind in RAW.items() if name != "seq"} | {"position": "int"}
    failed = failures([{name: GOOD_RAW.get(name) for name in types}], types, raw_suite("payments"))
    assert {"seq_is_bigint", "seq_is_present", "seq_is_unique", "position_is_bigint"} == set(failed)
    assert failed["position_is_bigint"].observed == "IntegerType"


def test_a_message_landed_once_passes_and_twice_fails(failures):
    assert failures([GOOD_RAW], RAW, raw_suite("payments")) == {}
    failed = failures([GOOD_RAW, GOOD_RAW], RAW, raw_suite("payments"))
    assert set(failed) == {"source_partition_position_is_unique", "seq_is_unique"}


def test_a_quarantined_part_needs_a_reason_and_is_there_once(failures):
    assert failures([GOOD_QUARANTINE], QUARANTINE, quarantine_suite("payments")) == {}
    twice = [GOOD_QUARANTINE, GOOD_QUARANTINE | {"reason": None}]
    failed = failures(twice, QUARANTINE, quarantine_suite("payments"))
    assert set(failed) == {"reason_is_present", "source_partition_position_part_is_unique"}


def test_results_are_rows_of_the_checks_table(table, tmp_path):
    checks = run_suite(table([GOOD_RAW], RAW), raw_suite("payments"), tmp_path)
    assert {(check.domain, check.table_name, check.suite) for check in checks} == {
        ("payments", "raw/payments", "raw.payments")
    }
    assert all(check.checked_at.tzinfo is not None for check in checks)


def test_data_docs_show_the_run(table, tmp_path):
    run_suite(table([GOOD_RAW], RAW), raw_suite("payments"), tmp_path)
    index = (tmp_path / "site" / "index.html").read_text()
    (page,) = (tmp_path / "site" / "validations").rglob("*.html")
    assert str(page.relative_to(tmp_path / "site")) in index
    assert "https://" not in re.sub("<a [^>]*>", "", page.read_text())
