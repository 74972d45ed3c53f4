"""What a chart's title says of its rows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from dashboards import headlines
from dashboards.key_figures import KeyFigure, key_figures

HALF_HOUR = timedelta(minutes=30)


def frame(columns: str, *rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def test_decisions_are_titled_by_the_worst_bucket():
    decided = frame(
        "bucket action decisions",
        (datetime(2026, 3, 13, 7), "block", 1100),
        (datetime(2026, 3, 13, 7), "verify", 5),
        (datetime(2026, 3, 13, 8), "allow", 9000),
    )
    assert (
        headlines.decisions(decided, HALF_HOUR) == "Most checks and blocks at 13 Mar 07:00: 1,105 in 30 min"
    )


def test_decisions_that_were_all_to_allow_say_so():
    decided = frame("bucket action decisions", (datetime(2026, 3, 13, 7), "allow", 9000))
    assert headlines.decisions(decided, HALF_HOUR) == "All 9,000 decisions were to allow"


def test_shares_tell_the_allowed_even_when_there_were_none():
    assert headlines.shares(frame("action decisions", ("allow", 3), ("block", 1))) == "75.0% were allowed"
    assert headlines.shares(frame("action decisions", ("block", 1))) == "0.0% were allowed"


def test_attacks_are_caught_when_they_were_not_allowed():
    assert (
        headlines.attacks(frame("attack events missed", ("a", 60, 5), ("b", 40, 5)))
        == "90.0% of 100 attack events caught"
    )


def test_the_cap_is_no_rule():
    reasons = frame("rule points", ("a", 70), ("b", 45), ("cap", -15))
    assert headlines.reasons(reasons, 100, "block") == "2 rules hit: 100 points, so block"
    assert headlines.reasons(reasons.iloc[:0], 0, "allow") == "No rule hit, so allow"


def test_checks_tell_how_many_failed_and_warnings_apart():
    passed, failed, warning = ("passed",), ("failed",), ("warning",)
    assert headlines.checks(frame("result", passed, passed)) == "All 2 checks passed"
    assert headlines.checks(frame("result", passed, failed)) == "1 of 2 checks failed"
    assert headlines.checks(frame("result", passed, warning)) == "None of 2 checks failed, 1 warning"
    assert headlines.checks(frame("result", failed, warning)) == "1 of 2 checks failed, 1 warning"


def test_a_cut_list_says_that_it_is_cut():
    assert headlines.found(frame("event_id", ("a",)), 500) == "1 decision"
    assert headlines.found(frame("event_id", ("a",), ("b",)), 2) == "The newest 2 decisions"


def test_others_are_counted_up_to_what_was_asked_for():
    others = frame("subject alerts", ("a", 2), ("b", 0))
    assert headlines.sharing(others, 500) == "2 others on this address or device, 1 with alerts"
    assert headlines.sharing(others, 2) == "2 or more others on this address or device, 1 with alerts"


TOTALS = {
    "decisions": 2000,
    "alerts": 100,
    "blocked": 40,
    "lag_seconds_p50": 1.5,
    "received": 2100,
    "invalid": 21,
}


def test_key_figures_compare_with_the_span_before():
    before = TOTALS | {"decisions": 1000, "alerts": 100, "blocked": 50, "lag_seconds_p50": 2.0}
    assert key_figures(pd.Series(TOTALS), pd.Series(before)) == [
        KeyFigure("Decisions", "2,000", "+100.0%"),
        KeyFigure("Alert rate", "5.0%", "-5.00 pp", more_is_worse=True),
        KeyFigure("Blocked", "40", "-10"),
        KeyFigure("Median lag", "1.5 s", "-500 ms", more_is_worse=True),
        KeyFigure("Invalid messages", "1.0%", "no change", more_is_worse=True),
    ]


def test_key_figures_tell_no_change_when_the_span_before_is_not_known():
    assert [figure.change for figure in key_figures(pd.Series(TOTALS), None)] == [None] * 5


def test_key_figures_of_a_span_after_an_empty_one_tell_only_differences_that_exist():
    nothing = pd.Series(dict.fromkeys(TOTALS, 0) | {"lag_seconds_p50": float("nan")})
    assert [figure.change for figure in key_figures(pd.Series(TOTALS), nothing)] == [
        None,
        None,
        "+40",
        None,
        None,
    ]


def test_quarantine_is_titled_by_what_is_open():
    refused = frame("reason parts open", ("missing", 9, 6), ("duplicate", 3, 0))
    assert headlines.open_quarantine(refused) == "6 of 12 quarantined parts open, most for missing"
    assert (
        headlines.open_quarantine(refused.assign(open=0)) == "None of 12 quarantined parts waits for a repair"
    )


def test_samples_say_when_there_are_more():
    assert headlines.samples(frame("reason", ("missing",)), 2) == "1 sample"
    assert headlines.samples(frame("reason", ("missing",), ("missing",)), 2) == "The newest 2 samples"
