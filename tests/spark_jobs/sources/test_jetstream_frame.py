"""Both forms of a Jetstream event are told apart; what is neither is a message all the same."""

from __future__ import annotations

import json

import pytest

from spark_jobs.sources.jetstream_frame import Frame, parse
from tests.jetstream_server import event, numbered_event


def test_the_form_with_a_kind_has_its_time_for_a_cursor():
    payload = event(1_725_911_162_329_308)
    assert parse(payload) == Frame(payload, "time_us", 1_725_911_162_329_308, 1_725_911_162_329_308)


def test_the_form_with_a_type_has_a_number_and_a_time():
    payload = numbered_event(12345, second=61)
    assert parse(payload) == Frame(payload, "seq", 12345, 1_786_528_861_000_000)


@pytest.mark.parametrize(
    ("body", "notice"),
    [
        ({"$type": "error", "error": "ConsumerTooSlow", "message": "late"}, "ConsumerTooSlow: late"),
        (
            {
                "$type": "message",
                "payload": {"$type": "a.b#info", "name": "OutdatedCursor", "message": "at 7"},
            },
            "OutdatedCursor: at 7",
        ),
    ],
)
def test_what_the_server_says_of_the_connection_is_no_message(body, notice):
    assert parse(json.dumps(body).encode()).notice == notice


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"null",
        b"[" * 100_000,
        b'{"time_us": "1"}',
        b'{"time_us": true}',
        b'{"time_us": -1}',
        b'{"time_us": 99999999999999999999}',
        b'{"$type": "message"}',
        b'{"$type": "message", "payload": {"time": 5}}',
    ],
)
def test_what_has_no_place_in_the_stream_is_a_message_without_a_cursor(payload):
    frame = parse(payload)
    assert (frame.payload, frame.cursor, frame.notice) == (payload, None, None)
