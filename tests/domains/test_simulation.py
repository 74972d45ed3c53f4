"""A simulation of any domain: repeatable, labelled, written whole."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from domains.faults import Faults
from domains.simulation import DEFAULT_START, simulate, write_simulation
from weir.error import WeirError

DOMAINS = ("payments", "crypto")
FAULTLESS = Faults(duplicate=0, late=0, out_of_order=0, malformed=0)
QUIET = 3000

domains = pytest.mark.parametrize("domain", DOMAINS)


def _events(domain: str, events: int = QUIET, **asked) -> list[dict]:
    asked = {"seed": 1, "faults": FAULTLESS, **asked}
    return [json.loads(message.body) for message in simulate(domain, events, **asked).messages()]


def _micros(event: dict) -> int:
    moment = event.get("occurred_at")
    return event["timestamp"] if moment is None else int(datetime.fromisoformat(moment).timestamp() * 1000)


@domains
def test_the_same_seed_gives_the_same_bytes(domain):
    first, again = (simulate(domain, QUIET, seed=5) for _ in range(2))
    assert list(first.messages()) == list(again.messages())
    assert list(first.labels()) == list(again.labels())


@domains
def test_another_seed_gives_other_events_of_the_same_people(domain):
    one, other = _events(domain, seed=1), _events(domain, seed=2)
    assert not {event["event_id"] for event in one} & {event["event_id"] for event in other}

    def devices(events: list[dict]) -> set[tuple]:
        return {(e.get("user_id"), e.get("device_id")) for e in events if e.get("user_id")}

    shared = devices(one) & devices(other)
    assert len(shared) > 0.5 * len(devices(one))


@domains
def test_there_are_as_many_events_as_asked_for_each_with_its_own_id(domain):
    for events in (1, 2, 37, 1000):
        assert len({event["event_id"] for event in _events(domain, events)}) == events


def test_traffic_lies_behind_every_plausible_clock():
    assert DEFAULT_START + timedelta(days=10) < datetime(2025, 1, 1, tzinfo=UTC)


@domains
def test_events_come_in_order_and_lie_in_ten_days_from_the_start(domain):
    moments = [_micros(event) for event in _events(domain)]
    assert moments == sorted(moments)
    first = DEFAULT_START.timestamp() * 1000
    assert first <= moments[0] < moments[-1] < first + 10 * 86_400_000
    assert moments[-1] - moments[0] > 9 * 86_400_000


@domains
def test_attacks_come_at_their_rate_and_by_all_their_names(domain):
    simulation = simulate(domain, 20_000, seed=3, attack_rate=0.05)
    counts = simulation.counts()
    assert counts["attack_events"] == 1000
    assert set(counts["attacks"]) == set(simulation.attacks)
    assert all(count > 0 for count in counts["attacks"].values())


@domains
def test_without_attacks_nothing_is_labelled_fraud(domain):
    assert not any(label["is_fraud"] for label in simulate(domain, 500, 1, attack_rate=0).labels())


@domains
def test_every_event_has_one_label_that_was_given_later(domain):
    simulation = simulate(domain, QUIET, seed=1, faults=FAULTLESS)
    events = {event["event_id"]: event for event in _events(domain)}
    labels = {label["event_id"]: label for label in simulation.labels()}
    assert labels.keys() == events.keys()
    assert sum(label["is_fraud"] for label in labels.values()) == 60
    assert all(label["is_fraud"] == (label["attack"] is not None) for label in labels.values())
    for event_id, label in labels.items():
        labeled = datetime.fromisoformat(label["labeled_at"]).timestamp() * 1000
        assert labeled > _micros(events[event_id])


@domains
def test_a_duplicate_is_the_same_message_again(domain):
    twice = simulate(domain, 1000, 1, faults=Faults(duplicate=0.1, late=0, out_of_order=0, malformed=0))
    messages = list(twice.messages())
    assert len(messages) == 1100
    assert len(set(messages)) == 1000


@domains
def test_every_kind_of_malformed_message_is_sent(domain):
    simulation = simulate(domain, 5000, 1, faults=Faults(0, 0, 0, malformed=0.01))
    counted = simulation.counts()["faults"]
    assert all(counted[kind] > 0 for kind in simulation.malformations)
    assert sum(counted.values()) == 50
    marked = [message for message in simulation.messages() if b"~" in message.body]
    # the message without an id cannot be told by it, nor the one whose id was replaced
    without = counted["missing_event_id"] + counted["empty_event_id"] + counted["overlong_id"]
    assert len(marked) == 50 - without


@domains
def test_a_malformed_message_never_takes_a_good_events_id(domain):
    good = {event["event_id"] for event in _events(domain, 1000)}
    simulation = simulate(domain, 1000, 1, faults=Faults(0, 0, 0, malformed=0.1))
    damaged = [m.body for m in simulation.messages() if b"~" in m.body]
    assert damaged
    assert not any(f'"{event_id}"'.encode() in body for body in damaged for event_id in list(good)[:50])


@domains
def test_a_message_is_keyed_by_who_acts(domain):
    for message in simulate(domain, 500, 1, faults=FAULTLESS).messages():
        event = json.loads(message.body)
        assert message.key == event.get("user_id", event.get("from_address"))


def test_files_hold_the_messages_in_order_and_the_labels(tmp_path):
    simulation = simulate("payments", 1000, 1)
    write_simulation(simulation, tmp_path, files=3)
    parts = sorted((tmp_path / "messages").iterdir())
    assert [part.name for part in parts] == ["part-00000.jsonl", "part-00001.jsonl", "part-00002.jsonl"]
    lines = b"".join(part.read_bytes() for part in parts).split(b"\n")[:-1]
    assert lines == [message.body for message in simulate("payments", 1000, 1).messages()]
    assert len(lines) == simulation.counts()["messages"]
    labels = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert labels == list(simulate("payments", 1000, 1).labels())


def test_nothing_unfinished_is_left_behind(tmp_path):
    write_simulation(simulate("payments", 50, 1), tmp_path)
    assert not list(tmp_path.rglob(".*"))


def test_the_lists_that_the_attacks_need_are_written_too(tmp_path):
    write_simulation(simulate("crypto", 200, 1), tmp_path)
    sanctioned = (tmp_path / "reference" / "sanctioned_addresses.jsonl").read_text().splitlines()
    assert [sorted(json.loads(line)) for line in sanctioned] == [["source", "value"]] * 12


def test_a_pace_holds_messages_back_but_loses_none(tmp_path):
    simulation = simulate("payments", 20, 1)
    write_simulation(simulation, tmp_path, per_second=1000)
    written = (tmp_path / "messages" / "part-00000.jsonl").read_bytes()
    assert written.count(b"\n") == simulation.counts()["messages"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"events": 0}, "events=0"),
        ({"attack_rate": 0.9}, "attack_rate=0.9"),
        ({"start": datetime(2026, 1, 1)}, "time zone"),
        ({"start": datetime.now(UTC) - timedelta(days=3)}, "10 days back"),
        ({"domain": "nonesuch"}, "domains/nonesuch/simulate.py"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_the_reason(asked, said):
    with pytest.raises(WeirError, match=said):
        simulate(**{"domain": "payments", "events": 10, "seed": 1, **asked})
