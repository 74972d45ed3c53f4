"""Numbers, times and comparisons as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dashboards import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0%"), (0.0534, "5.3%"), (0.0004, "0.04%"), (1, "100.0%"), (None, "–"), (float("nan"), "–")],
)
def test_a_small_rate_keeps_its_digits_and_an_unknown_one_is_a_dash(value, text):
    assert words.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.02, "20 ms"),
        (1.44, "1.4 s"),
        (59.97, "60.0 s"),
        (95, "1 min 35 s"),
        (7500, "2 h 5 min"),
        (-0.5, "-500 ms"),
        (float("nan"), "–"),
    ],
)
def test_a_duration_is_told_in_the_units_that_fit(value, text):
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(minutes=30), "30 min"), (timedelta(hours=24), "24 h"), (timedelta(days=3), "3 days")],
)
def test_a_span_is_told_in_its_largest_unit(span, text):
    assert words.length(span) == text


def test_a_count_has_thousands_separators_and_its_noun_agrees():
    assert words.counted(1, "alert") == "1 alert"
    assert words.counted(12345, "alert") == "12,345 alerts"


def test_there_is_no_growth_from_nothing():
    assert words.growth(5, 0) is None
    assert words.growth(5, 4) == "+25.0%"


def test_a_change_too_small_to_be_seen_is_none():
    assert words.growth(100_001, 100_000) == "no change"
    assert words.more(3, 3) == "no change"
    assert words.points_apart(0.01, 0.010001) == "no change"


def test_rates_differ_by_percentage_points():
    assert words.points_apart(0.05, 0.03) == "+2.00 pp"
    assert words.points_apart(None, 0.03) is None


def test_durations_differ_with_a_sign():
    assert words.seconds_apart(3.5, 2.0) == "+1.5 s"
    assert words.seconds_apart(2.0, 2.5) == "-500 ms"
    assert words.seconds_apart(float("nan"), 2.5) is None


def test_the_days_of_a_span_leave_out_a_midnight_end():
    assert words.days(datetime(2026, 3, 13), datetime(2026, 3, 14)) == "13 Mar"
    assert words.days(datetime(2026, 2, 27, 9), datetime(2026, 3, 1, 9)) == "27 Feb to 1 Mar"


@pytest.mark.parametrize(
    ("amount", "text"), [("1234.5000", "1,234.5"), ("-12.0000", "-12"), ("123456789012345678901.0001", None)]
)
def test_an_amount_is_exact_however_large(amount, text):
    assert words.exact(amount) == (text or "123,456,789,012,345,678,901.0001")


def test_a_wallet_is_shortened_in_the_middle():
    assert words.shortened("0x8589427373d6d84e98730d7795d8f6f8731fda16") == "0x8589427…1fda16"
    assert words.shortened("u-1313") == "u-1313"


def test_text_from_data_cannot_become_markup():
    assert words.literal("[a](http://b) :red[c]") == r"\[a\]\(http\://b\) \:red\[c\]"
