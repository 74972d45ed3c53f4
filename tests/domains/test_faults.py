"""What goes wrong between producer and lake happens as often as it is asked for."""

import json

import numpy as np
import pytest

from domains.faults import (
    DUPLICATE,
    LATE,
    MALFORMED,
    OUT_OF_ORDER,
    SOUND,
    Faults,
    deliveries,
    encode,
    malformations,
    with_value,
)

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
NONE = Faults(duplicate=0, late=0, out_of_order=0, malformed=0)
EVENT = {
    "event_id": "e1",
    "event_type": "payment",
    "occurred_at": "2026-01-05T00:00:00Z",
    "user_id": "u1",
    "ip_address": "11.0.0.7",
}


def _delivered(faults: Faults, events: int = 1000, kinds: int = 4) -> np.ndarray:
    return deliveries(np.random.default_rng(1), np.arange(events) * 10 * SECOND, faults, kinds)


def test_without_faults_every_event_comes_once_and_in_order():
    sent = _delivered(NONE)
    assert sent["row"].tolist() == list(range(1000))
    assert set(sent["fault"].tolist()) == {SOUND}


def test_faults_come_at_their_rates():
    sent = _delivered(Faults(duplicate=0.03, late=0.02, out_of_order=0.05, malformed=0.04))
    counts = np.bincount(sent["fault"], minlength=MALFORMED)
    assert counts[[DUPLICATE, LATE, OUT_OF_ORDER]].tolist() == [30, 20, 50]
    assert counts[MALFORMED:].tolist() == [10, 10, 10, 10]
    assert len(sent) == 1000 + 30 + 40


def test_a_duplicate_comes_after_what_it_repeats():
    sent = _delivered(Faults(duplicate=0.2, late=0, out_of_order=0, malformed=0))
    first = {row: place for place, row in reversed(list(enumerate(sent["row"].tolist())))}
    again = np.flatnonzero(sent["fault"] == DUPLICATE)
    assert len(again) == 200
    assert all(first[sent["row"][place]] < place for place in again)


def test_a_late_event_comes_ten_minutes_after_others_of_its_time():
    sent = _delivered(Faults(duplicate=0, late=0.02, out_of_order=0, malformed=0))
    for place in np.flatnonzero(sent["fault"] == LATE):
        row = sent["row"][place]
        overtaken = sent["row"][:place][sent["fault"][:place] == SOUND].max()
        assert overtaken >= min(row + 59, 999)


def test_an_out_of_order_event_is_overtaken_by_less_than_a_minute():
    sent = _delivered(Faults(duplicate=0, late=0, out_of_order=0.1, malformed=0))
    lag = np.maximum.accumulate(sent["row"]) - sent["row"]
    assert 0 < lag.max() <= 6


def test_more_malformed_messages_than_events_may_be_asked_for():
    assert len(_delivered(Faults(0, 0, 0, malformed=2.0), events=10)) == 30


def test_what_is_none_is_left_out_of_a_message():
    assert encode({"a": 1, "b": None}) == b'{"a":1}'
    assert with_value("a", None)({"a": 1}) == b"{}"


@pytest.mark.parametrize("kind", ["truncated", "not_json", "invalid_utf8", "control_character"])
def test_some_malformations_are_no_json_at_all(kind):
    with pytest.raises(ValueError, match=r"."):
        json.loads(malformations("occurred_at")[kind](EVENT).decode())


def test_the_others_are_json_that_says_something_else():
    damaged = {
        kind: damage(EVENT)
        for kind, damage in malformations("occurred_at").items()
        if kind not in ("truncated", "not_json", "invalid_utf8", "control_character")
    }
    assert all(json.loads(body.decode()) != EVENT for body in damaged.values())
    assert len(set(damaged.values())) == len(damaged)


def test_a_duplicate_key_is_twice_in_the_message():
    body = malformations("occurred_at")["duplicate_key"](EVENT)
    assert body.count(b'"event_type":') == 2
    assert json.loads(body)["event_type"] == "other"
