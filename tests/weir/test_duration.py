"""A span of time is read as people write it."""

from datetime import timedelta

import pytest

from weir.duration import LONGEST, parse_duration


def test_a_number_and_its_unit_are_a_span():
    spans = {"30s": 30, "5m": 300, "24h": 86_400, "7d": 7 * 86_400}
    assert {text: parse_duration(text) for text in spans} == {
        text: timedelta(seconds=seconds) for text, seconds in spans.items()
    }
    assert parse_duration("3660d") == LONGEST


@pytest.mark.parametrize(
    "text", ["", "7", "d", "0d", "-1d", "1.5h", "1 d", "7D", "1w", "3661d", "9" * 5000 + "d"]
)
def test_anything_else_is_none(text):
    assert parse_duration(text) is None
