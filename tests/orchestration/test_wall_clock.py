"""A clock that was set back far is told; one that a time server corrects, or that was set forward, is not."""

import time

import pytest

from orchestration.wall_clock import ClockSetBack, WallClock


@pytest.mark.parametrize("seconds", [-30, 0, 86_400])
def test_a_clock_that_stands_right_or_goes_ahead_is_no_fault(monkeypatch, seconds):
    clock, now = WallClock(), time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)
    clock.require_steady()


def test_a_clock_set_back_by_hours_is_told_once(monkeypatch):
    clock, now = WallClock(), time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3 * 3600)
    with pytest.raises(ClockSetBack, match="10,800 seconds"):
        clock.require_steady()
    clock.require_steady()
