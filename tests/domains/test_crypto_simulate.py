"""Simulated crypto traffic looks like exchanges and a chain, and attacks like attacks."""

import json
import re
from collections import Counter, defaultdict

import pytest

from domains.faults import Faults
from domains.simulation import Simulation, simulate

ADDRESS = re.compile("0x[0-9a-f]{40}")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate("crypto", 20_000, 1, faults=Faults(0, 0, 0, 0))


@pytest.fixture(scope="module")
def labelled(simulation) -> list[tuple[dict, str | None]]:
    """Events by time with the attack each belongs to."""
    attacks = {label["event_id"]: label["attack"] for label in simulation.labels()}
    events = [json.loads(message.body) for message in simulation.messages()]
    return [(event, attacks[event["event_id"]]) for event in events]


@pytest.fixture(scope="module")
def ordinary(labelled) -> list[dict]:
    return [event for event, attack in labelled if attack is None]


def _of(labelled, name: str) -> list[dict]:
    return [event for event, attack in labelled if attack == name]


def test_every_type_of_event_appears(ordinary):
    counts = Counter(event["event_type"] for event in ordinary)
    assert counts.keys() == {"trade", "deposit", "withdrawal", "transfer", "contract_creation"}
    assert counts["transfer"] > counts["deposit"]
    assert counts["trade"] > counts["withdrawal"]


def test_addresses_are_well_formed_and_there_where_the_type_needs_them(ordinary):
    for event in ordinary:
        kind = event["event_type"]
        assert ("from_address" in event) or kind == "trade"
        assert ("to_address" in event) or kind in ("trade", "contract_creation")
        for name in ("from_address", "to_address"):
            assert ADDRESS.fullmatch(event.get(name, "0x" + "0" * 40))


def test_only_an_exchange_knows_its_customer(ordinary):
    for event in ordinary:
        on_chain = event["event_type"] in ("transfer", "contract_creation")
        assert ("user_id" in event) == ("exchange" in event) == ("device_id" in event) == (not on_chain)


def test_values_are_whole_base_units(ordinary):
    ether = [e["value"] for e in ordinary if (e["asset"], e["event_type"]) == ("ETH", "transfer")]
    assert all(isinstance(value, int) for value in ether)
    assert 10**16 < sorted(ether)[len(ether) // 2] < 10**18
    assert max(e["value"] for e in ordinary) <= 10**31


def test_wallets_are_heavy_tailed(ordinary):
    sent = Counter(e["from_address"] for e in ordinary if e["event_type"] == "transfer")
    counts = sorted(sent.values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > 0.3 * sum(counts)


def test_deposits_and_withdrawals_pass_the_exchanges_listed_wallets(ordinary, simulation):
    services = set(simulation.reference["service_addresses"])
    assert {e["to_address"] for e in ordinary if e["event_type"] == "deposit"} <= services
    assert {e["from_address"] for e in ordinary if e["event_type"] == "withdrawal"} <= services


@pytest.mark.parametrize(
    ("attack", "listed"),
    [("sanctioned_counterparty", "sanctioned_addresses"), ("phishing", "phishing_addresses")],
)
def test_an_attack_on_a_list_touches_listed_wallets_only(attack, listed, labelled, simulation):
    values = set(simulation.reference[listed])
    assert all({e["from_address"], e["to_address"]} & values for e in _of(labelled, attack))


def test_listed_wallets_are_left_alone_by_ordinary_traffic(ordinary, simulation):
    bad = {*simulation.reference["sanctioned_addresses"], *simulation.reference["phishing_addresses"]}
    assert not any({e.get("from_address"), e.get("to_address")} & bad for e in ordinary)


def test_structuring_stays_just_below_the_reporting_limit(labelled):
    values = [event["value"] for event in _of(labelled, "structuring")]
    assert min(values) >= 9_000 * 10**6
    assert max(values) < 10_000 * 10**6


def test_a_peel_chain_shrinks_from_transfer_to_transfer(labelled):
    chains = defaultdict(list)
    for event in _of(labelled, "peel_chain"):
        chains[event["from_address"]].append(event)
    for chain in chains.values():
        values = [event["value"] for event in chain]
        assert values == sorted(values, reverse=True)
        assert len({event["to_address"] for event in chain}) == len(chain)


def test_a_drainer_takes_many_assets_to_one_wallet(labelled):
    pairs = defaultdict(set)
    for event in _of(labelled, "drained_wallet"):
        pairs[event["from_address"], event["to_address"]].add(event["asset"])
    assert max(len(assets) for assets in pairs.values()) >= 6


def test_wash_trades_are_between_two_wallets(labelled):
    wallets = defaultdict(set)
    for event in _of(labelled, "wash_trading"):
        wallets[event["user_id"]] |= {event["from_address"], event["to_address"]}
    assert all(len(pair) == 2 for pair in wallets.values())


def test_a_takeover_withdraws_from_a_device_the_customer_never_had(labelled, ordinary):
    devices = defaultdict(set)
    for event in ordinary:
        devices[event.get("user_id")].add(event.get("device_id"))
    for event in _of(labelled, "withdrawal_takeover"):
        assert event["event_type"] == "withdrawal"
        assert event["device_id"] not in devices[event["user_id"]]
