"""Time, identities and attacks as every simulator uses them."""

import ipaddress
from datetime import UTC, datetime

import numpy as np

from domains.traffic import (
    DAY,
    HOUR,
    IPV6,
    Span,
    bursts,
    identity,
    in_order,
    ip_number,
    ip_text,
    plant,
    rhythm,
)

SPAN = Span(datetime(2026, 1, 5, tzinfo=UTC))
EVENT = np.dtype([("number", np.int64), ("occurred", np.int64), ("attack", np.int16)])


def _block(size: int) -> np.ndarray:
    return np.zeros(size, EVENT)


def test_a_span_starts_at_its_moment_whatever_the_zone():
    assert SPAN.first == 1_767_571_200_000_000
    assert Span(datetime.fromisoformat("2026-01-05T02:00:00+02:00")).first == SPAN.first
    assert SPAN.last - SPAN.first == 10 * DAY


def test_moments_stay_in_the_span_and_follow_the_day():
    moments = rhythm(np.random.default_rng(1), SPAN, np.zeros(20_000, int))
    assert moments.min() >= SPAN.first
    assert moments.max() < SPAN.last
    by_hour = np.bincount(moments % DAY // HOUR, minlength=24)
    assert by_hour[19] > 5 * by_hour[3]


def test_the_day_is_the_one_where_people_live():
    moments = rhythm(np.random.default_rng(1), SPAN, np.full(20_000, 9))
    by_hour = np.bincount(moments % DAY // HOUR, minlength=24)
    assert by_hour.argmax() in (9, 10, 11)  # evening in Tokyo


def test_identities_are_stable_spread_and_never_negative():
    assert identity(7, 1).tolist() == identity(np.array([7]), 1).tolist()[0]
    assert identity(7, 1) != identity(7, 2)
    drawn = identity(np.arange(10_000), 3)
    assert len(set(drawn.tolist())) == 10_000
    assert drawn.min() >= 0


def test_every_drawn_address_is_public_and_some_are_ipv6():
    texts = [ip_text(number) for number in ip_number(np.arange(5000), 4).tolist()]
    addresses = [ipaddress.ip_address(text) for text in texts]
    assert all(address.is_global for address in addresses)
    assert {address.version for address in addresses} == {4, 6}


def test_an_address_is_written_as_it_is_numbered():
    assert ip_text(11 << 24 | 7) == "11.0.0.7"
    assert ip_text(IPV6 + 0x1234567) == "2a02:0:1234::567"


def test_a_burst_starts_at_its_moment_and_goes_on():
    moments = bursts(np.random.default_rng(1), 1000, 50, 9)
    assert moments[0] == 1000
    assert (np.diff(moments) >= 0).all()


def test_attacks_take_turns_until_there_are_enough():
    blocks = plant([lambda: _block(3), lambda: _block(2)], 6)
    assert [block["attack"].tolist() for block in blocks] == [[1, 1, 1], [2, 2], [1]]


def test_no_attack_is_planted_when_none_is_asked_for():
    assert plant([lambda: _block(3)], 0) == []


def test_events_are_numbered_by_time_and_kept_in_the_span():
    early, late = _block(1), _block(1)
    early["occurred"], late["occurred"] = SPAN.first + 5, SPAN.last + DAY
    events = in_order([late, early], SPAN)
    assert events["occurred"].tolist() == [SPAN.first + 5, SPAN.last - 1]
    assert events["number"].tolist() == [0, 1]
