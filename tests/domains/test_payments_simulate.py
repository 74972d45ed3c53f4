"""Simulated payments look like people's, and attacks like attacks."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from domains.faults import Faults
from domains.simulation import simulate


@pytest.fixture(scope="module")
def labelled() -> list[tuple[dict, str | None]]:
    """Events by time with the attack each belongs to."""
    simulation = simulate("payments", 20_000, 1, faults=Faults(0, 0, 0, 0))
    attacks = {label["event_id"]: label["attack"] for label in simulation.labels()}
    events = [json.loads(message.body) for message in simulation.messages()]
    return [(event, attacks[event["event_id"]]) for event in events]


@pytest.fixture(scope="module")
def ordinary(labelled) -> list[dict]:
    return [event for event, attack in labelled if attack is None]


def _of(labelled, name: str) -> list[dict]:
    return [event for event, attack in labelled if attack == name]


def _moment(event: dict) -> datetime:
    return datetime.fromisoformat(event["occurred_at"])


def test_money_belongs_to_payments_and_refunds_alone(ordinary):
    for event in ordinary:
        assert ("amount" in event) == ("merchant_id" in event) == (event["event_type"] != "login")
    counts = Counter(event["event_type"] for event in ordinary)
    assert counts["payment"] > counts["login"] > counts["refund"] > 0


def test_an_amount_has_the_decimals_of_its_currency(ordinary):
    decimals = defaultdict(set)
    for event in ordinary:
        if "amount" in event:
            assert Decimal(event["amount"]) > 0
            decimals[event["currency"]].add(len(event["amount"].partition(".")[2]))
    assert (decimals["EUR"], decimals["JPY"], decimals["KWD"]) == ({2}, {0}, {3})


def test_users_keep_to_their_country_their_devices_and_their_merchants(ordinary):
    countries, devices, merchants = defaultdict(set), defaultdict(set), defaultdict(Counter)
    for event in ordinary:
        countries[event["user_id"]].add(event["country"])
        devices[event["user_id"]].add(event["device_id"])
        if event["event_type"] == "payment":
            merchants[event["user_id"]][event["merchant_id"]] += 1
    assert sum(len(seen) == 1 for seen in countries.values()) > 0.95 * len(countries)
    assert max(len(seen) for seen in devices.values()) <= 3
    busy = [paid for paid in merchants.values() if paid.total() >= 20]
    assert all(len(paid) < paid.total() for paid in busy)


def test_a_refund_follows_the_payment_it_returns(ordinary):
    paid = {(e["user_id"], e["merchant_id"], e["amount"]) for e in ordinary if e["event_type"] == "payment"}
    refunds = [e for e in ordinary if e["event_type"] == "refund"]
    returned = [e for e in refunds if (e["user_id"], e["merchant_id"], e["amount"]) in paid]
    assert len(returned) > 0.99 * len(refunds)


def test_card_testing_is_tiny_amounts(labelled):
    assert all(len(e["amount"].replace(".", "").lstrip("0")) <= 3 for e in _of(labelled, "card_testing"))


def test_a_burst_from_one_address_has_many_users_in_minutes(labelled):
    users = defaultdict(set)
    for event in _of(labelled, "ip_burst"):
        users[event["ip_address"]].add(event["user_id"])
    assert max(len(seen) for seen in users.values()) >= 20


def test_a_shared_device_serves_many_accounts(labelled):
    users = defaultdict(set)
    for event in _of(labelled, "shared_device"):
        users[event["device_id"]].add(event["user_id"])
    assert max(len(seen) for seen in users.values()) >= 15


def test_a_takeover_brings_a_country_the_user_was_never_in(labelled, ordinary):
    before = defaultdict(set)
    for event in ordinary:
        before[event["user_id"]].add((event["country"], event["device_id"]))
    for event in _of(labelled, "account_takeover"):
        assert (event["country"], event["device_id"]) not in before[event["user_id"]]


def test_a_dormant_account_had_slept_for_a_week(labelled, ordinary):
    payments = [event for event in ordinary if event["event_type"] == "payment"]
    for woken in _of(labelled, "dormant_account"):
        before = [_moment(e) for e in payments if e["user_id"] == woken["user_id"]]
        assert before
        assert _moment(woken) - max(before) > timedelta(days=5)


def test_credential_stuffing_only_logs_in(labelled):
    assert {event["event_type"] for event in _of(labelled, "credential_stuffing")} == {"login"}


def test_refund_abuse_refunds_more_than_it_paid(labelled):
    counts = Counter(event["event_type"] for event in _of(labelled, "refund_abuse"))
    assert counts["refund"] > counts["payment"] > 0
