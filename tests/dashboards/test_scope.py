"""Ranges, buckets and the span before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dashboards.scope import MOST_BUCKETS, Scope, default_range, latest, ranges_within

FIRST, LAST = datetime(2026, 3, 11, 9, 7), datetime(2026, 3, 13, 17, 23)


def test_a_range_ends_with_the_datas_last_minute_not_with_the_clock():
    scope = latest(("payments",), FIRST, LAST, "24h")
    assert (scope.start, scope.end) == (datetime(2026, 3, 12, 17, 24), datetime(2026, 3, 13, 17, 24))


def test_all_is_everything_from_the_first_minute_on():
    assert latest(("payments",), FIRST, LAST, "all").start == FIRST


def test_only_ranges_shorter_than_the_data_are_offered():
    assert ranges_within(timedelta(hours=30)) == ["1h", "6h", "24h", "all"]
    assert ranges_within(timedelta(0)) == ["all"]


@pytest.mark.parametrize(("hours", "default"), [(2, "all"), (24, "all"), (25, "24h"), (9000, "24h")])
def test_the_default_is_the_latest_day_or_all_there_is(hours, default):
    assert default_range(timedelta(hours=hours)) == default


def test_the_span_before_is_as_long_and_ends_where_this_one_starts():
    scope = Scope(("payments",), FIRST, LAST)
    assert (scope.before.end, scope.before.span) == (FIRST, scope.span)


@pytest.mark.parametrize(
    "span", [timedelta(minutes=1), timedelta(hours=7), timedelta(days=3), timedelta(days=59)]
)
def test_a_chart_never_has_more_buckets_than_can_be_told_apart(span):
    scope = Scope(("payments",), FIRST, FIRST + span)
    assert 1 / MOST_BUCKETS <= span / scope.bucket <= MOST_BUCKETS


def test_ticks_are_round_times_around_the_span():
    scope = Scope(("payments",), FIRST, LAST)
    assert scope.bucket == timedelta(hours=1)
    assert scope.ticks == (datetime(2026, 3, 11, 9), datetime(2026, 3, 13, 18))


def test_days_are_whole_and_an_end_at_midnight_does_not_begin_another():
    scope = Scope(("payments",), FIRST, datetime(2026, 3, 13))
    assert (scope.days.start, scope.days.end) == (datetime(2026, 3, 11), datetime(2026, 3, 13))
