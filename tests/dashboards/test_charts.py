"""Each figure has the traces, values, colours and units that its rows call for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboards.charts import alerts, axes, health, overview, quarantine
from dashboards.palette import ACTIONS, BAD, CATEGORIES
from dashboards.queries import alerts as alert_queries
from dashboards.queries import health as health_queries
from dashboards.queries import overview as overview_queries
from dashboards.scope import Scope

DAY = Scope(("payments", "crypto"), datetime(2026, 3, 13), datetime(2026, 3, 14))


def traces(figure: go.Figure) -> list[Any]:
    return list(figure.select_traces())


def drawn(figure: go.Figure) -> dict[str, dict]:
    """A figure -> its traces by name, as the browser gets them."""
    return {trace.name: trace.to_plotly_json() for trace in traces(figure)}


def colours(figure: go.Figure) -> dict[str, str]:
    return {name: trace["marker"]["color"] for name, trace in drawn(figure).items()}


def test_decisions_over_time_stack_from_the_mildest_action_in_its_colour(sample):
    decided = overview_queries.decisions_over_time(sample, DAY)
    figure = overview.decisions_over_time(decided, DAY)
    assert figure.layout.barmode == "stack"
    assert list(colours(figure).items()) == list(ACTIONS.items())
    assert sum(sum(trace["y"]) for trace in drawn(figure).values()) == decided["decisions"].sum()
    assert figure.layout.yaxis.title.text == "decisions"


def test_a_time_axis_shows_the_whole_scope(sample):
    figure = overview.decisions_over_time(overview_queries.decisions_over_time(sample, DAY), DAY)
    assert figure.layout.xaxis.range == (DAY.start, DAY.end)


def test_a_short_scope_is_drawn_with_room_around_its_only_bar():
    minute = Scope(("payments",), datetime(2026, 3, 13, 7), datetime(2026, 3, 13, 7, 1))
    start, end = axes.over_time(minute, "decisions").layout.xaxis.range
    assert end - start == axes.FEWEST_BUCKETS * timedelta(minutes=1)


def test_action_shares_add_up_to_one_and_tell_share_and_number():
    decided = pd.DataFrame({"action": ["block", "allow", "allow"], "decisions": [250, 500, 250]})
    (bars,) = traces(overview.action_shares(decided))
    assert (list(bars.y), list(bars.x)) == (["allow", "block"], [0.75, 0.25])
    assert list(bars.text) == ["<b>75.0%</b>  750", "<b>25.0%</b>  250"]
    assert list(bars.marker.color) == [ACTIONS["allow"], ACTIONS["block"]]


def test_rule_hits_are_parted_by_whether_others_hit_too():
    rules = pd.DataFrame({"rule": ["a", "b"], "hits": [1200, 3], "points": [84000, 9], "sole_hits": [200, 3]})
    alone, shared = traces(overview.rule_hits(rules))
    assert (list(alone.x), list(shared.x)) == ([200, 3], [1000, 0])
    assert list(shared.text) == ["<b>1,200</b>  84,000 points", "<b>3</b>  9 points"]


def test_attacks_caught_fill_the_whole_bar(sample):
    parts = drawn(overview.attacks_caught(overview_queries.attacks(sample, DAY)))
    assert list(parts) == ["alerted", "verified", "missed"]
    assert [
        sum(shares) for shares in zip(*(part["x"] for part in parts.values()), strict=True)
    ] == pytest.approx([1, 1, 1])


def test_a_waterfall_steps_to_the_score_and_the_cap_steps_back():
    reasons = pd.DataFrame({"rule": ["velocity_burst", "ip_flood", "cap"], "points": [66, 45, -11]})
    figure = alerts.reasons_waterfall(reasons, 100, "block")
    (steps,) = traces(figure)
    assert list(steps.y) == ["velocity_burst", "ip_flood", "cap", "score"]
    assert sum(steps.x[:-1]) == steps.x[-1] == 100
    assert list(steps.measure) == ["relative"] * 3 + ["total"]
    assert steps.totals.marker.color == ACTIONS["block"]
    assert figure.layout.xaxis.range[1] > 66 + 45


def test_a_waterfall_without_reasons_is_a_score_of_nothing():
    figure = alerts.reasons_waterfall(pd.DataFrame({"rule": [], "points": []}), 0, "allow")
    assert list(traces(figure)[0].x) == [0]
    assert figure.layout.xaxis.range[1] > 0


def test_a_subjects_history_rings_the_chosen_event(sample):
    history = alert_queries.subject_history(sample, "payments", "u-1313")
    chosen = history.iloc[20]
    by_name = drawn(alerts.subject_history(history, chosen["event_id"], chosen["event_date"]))
    assert list(by_name["this event"]["y"]) == [history["score"].iloc[20]]
    assert sum(len(trace["y"]) for name, trace in by_name.items() if name in ACTIONS) == len(history)


def test_of_an_id_of_two_days_only_the_chosen_days_decision_is_ringed(sample):
    history = alert_queries.subject_history(sample, "payments", "u-1313")
    twice = pd.concat([history, history.iloc[[20]].assign(event_date="2026-03-10", score=1)])
    by_name = drawn(alerts.subject_history(twice, history["event_id"].iloc[20], "2026-03-10"))
    assert list(by_name["this event"]["y"]) == [1]


def test_a_lone_decision_has_time_around_it():
    lone = {
        "event_id": "a",
        "event_date": "2026-03-13",
        "event_type": "login",
        "occurred_at": datetime(2026, 3, 13),
        "score": 0,
        "action": "allow",
    }
    figure = alerts.subject_history(pd.DataFrame([lone | {"top_rule": None}]), "a", "2026-03-13")
    start, end = figure.layout.xaxis.range
    assert end - start == 2 * alerts.LEAST_MARGIN


def test_received_parts_are_drawn_by_type_the_commonest_first(sample):
    received = health_queries.received_over_time(sample, DAY)
    by_name = drawn(health.received_over_time(received, DAY))
    assert next(iter(by_name)) == received.groupby("event_type")["received"].sum().idxmax()
    assert sum(sum(trace["y"]) for trace in by_name.values()) == received["received"].sum()


def test_what_there_are_no_colours_for_is_added_up_in_one():
    kinds = len(CATEGORIES) + 3
    rows = {
        "bucket": DAY.start,
        "event_type": [f"type {kind:02}" for kind in range(kinds)],
        "received": range(kinds, 0, -1),
    }
    by_name = drawn(health.received_over_time(pd.DataFrame(rows), DAY))
    assert len(by_name) == len(CATEGORIES)
    assert list(by_name["all others"]["y"]) == [4 + 3 + 2 + 1]


def test_lag_is_drawn_on_a_logarithmic_axis_of_seconds(sample):
    lag = health_queries.lag_over_time(sample, DAY)
    figure = health.lag_over_time(lag, DAY)
    assert list(drawn(figure)["median"]["y"]) == lag["lag_seconds_p50"].tolist()
    assert (figure.layout.yaxis.type, figure.layout.yaxis.title.text) == ("log", "seconds, logarithmic")


def test_the_invalid_rate_is_of_all_types_together():
    received = pd.DataFrame({"bucket": [DAY.start] * 2, "received": [90, 10], "invalid": [0, 10]})
    assert list(traces(health.invalid_over_time(received, DAY))[0].y) == [0.1]


def test_quarantine_is_drawn_a_bar_a_day_with_every_reason(sample):
    quarantined = health_queries.quarantine_by_day(sample, Scope(DAY.domains, datetime(2026, 3, 11), DAY.end))
    by_name = drawn(health.quarantine_by_day(quarantined, DAY))
    assert set(by_name) == set(quarantined["reason"])
    assert all(len(trace["x"]) == 3 for trace in by_name.values())


def test_refused_messages_are_parted_by_what_became_of_them():
    columns = {
        "reason": ["missing", "duplicate"],
        "parts": [9, 3],
        "open": [6, 0],
        "released": [3, 0],
        "duplicates": [0, 3],
    }
    figure = quarantine.reasons(pd.DataFrame(columns))
    assert {name: list(trace["x"]) for name, trace in drawn(figure).items()} == {
        "open": [6, 0],
        "released": [3, 0],
        "duplicates": [0, 3],
    }
    assert colours(figure)["open"] == BAD
    assert list(traces(figure)[-1].text) == ["<b>6</b>  9 in all", "<b>0</b>  3 in all"]
