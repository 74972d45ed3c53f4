"""What each query of the dashboards answers, on a small file of marts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from dashboards.queries import alerts, health, overview, quarantine
from dashboards.scope import Scope
from tests.dashboards.rows import NOON, decision
from tests.dashboards.sample_marts import write_marts

DAY = Scope(("payments",), datetime(2026, 3, 12), datetime(2026, 3, 13))
TODAY = "2026-03-12"
BURST = [{"rule": "velocity_burst", "points": 70, "text": "7 payments in 5 minutes"}]
BURST_AND_FLOOD = [
    *BURST,
    {"rule": "ip_flood", "points": 45, "text": "20 payments from one address"},
    {"rule": "cap", "points": -15, "text": "a score is at most 100"},
]


DECISIONS = [
    decision("p1", seq=1),
    decision("p2", seq=2, lag_seconds=4.0, is_late=True),
    decision("p3", seq=3, score=40, action="verify", occurred_at=NOON + timedelta(minutes=40)),
    decision("p4", seq=4, score=70, action="challenge", reasons=BURST, user_id="bob", subject="bob"),
    decision(
        "p5",
        seq=5,
        score=100,
        action="block",
        reasons=BURST_AND_FLOOD,
        occurred_at=NOON + timedelta(hours=1),
        user_id="bob",
        subject="bob",
        ip_address="203.0.113.7",
        lag_seconds=30.0,
    ),
    decision("before", score=70, action="challenge", reasons=BURST, occurred_at=NOON - timedelta(days=1)),
    decision("p1", domain="crypto", event_type="transfer", user_id=None, address="0xab", subject="0xab"),
]
TWICE = [
    decision("inv-7", seq=9, user_id="bob", subject="bob", ip_address="192.0.2.2", device_id="tablet"),
    decision(
        "inv-7",
        seq=1,
        score=100,
        action="block",
        reasons=BURST_AND_FLOOD,
        occurred_at=NOON - timedelta(days=1),
    ),
    decision("other", seq=2, user_id="eve", subject="eve", device_id="laptop"),
    decision("another", seq=3, user_id="dan", subject="dan", ip_address="192.0.2.3", device_id="tablet"),
]
LABELS = [{"event_id": event_id, "attack": "burst"} for event_id in ("p2", "p3", "p4", "p5")]
REFUSALS = [
    {"domain": "payments", "received_at": NOON, "reason": "not_json"},
    {"domain": "payments", "received_at": NOON, "reason": "duplicate"},
    {"domain": "payments", "received_at": NOON + timedelta(days=1), "reason": "not_json"},
]


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("marts") / "warehouse.duckdb"
    write_marts(Path(path), DECISIONS, LABELS, REFUSALS)
    connection = duckdb.connect(path, read_only=True)
    yield connection
    connection.close()


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_domains_come_busiest_first_with_their_span(marts):
    known = overview.domains(marts)
    assert rows(known, "domain", "decisions") == [("payments", 6), ("crypto", 1)]
    assert known["first_minute"][0] == NOON - timedelta(days=1)
    assert known["last_minute"][0] == NOON + timedelta(hours=1)
    assert known["last_received"][0] == NOON + timedelta(days=1)


def test_the_last_hours_end_where_messages_do_though_a_fast_clock_is_ahead_of_them(tmp_path):
    ahead = NOON + timedelta(hours=20)
    decisions = [decision("now", received_at=NOON), decision("ahead", occurred_at=ahead, received_at=NOON)]
    write_marts(tmp_path / "warehouse.duckdb", decisions, [], [])
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as marts:
        assert overview.domains(marts)["last_minute"][0] == NOON


def test_totals_count_only_what_is_in_scope(marts):
    totals = overview.totals(marts, DAY).iloc[0]
    assert (totals["decisions"], totals["alerts"], totals["blocked"]) == (5, 2, 1)
    assert totals["lag_seconds_p50"] == 2.0


def test_totals_count_the_messages_that_came_meanwhile_without_calling_duplicates_invalid(marts):
    totals = overview.totals(marts, DAY).iloc[0]
    assert (totals["received"], totals["invalid"]) == (7, 1)


def test_totals_of_an_empty_span_are_zero_and_its_lag_is_unknown(marts):
    totals = overview.totals(marts, Scope(("payments",), datetime(2020, 1, 1), datetime(2020, 1, 2))).iloc[0]
    assert (totals["decisions"], totals["received"], totals["invalid"]) == (0, 0, 0)
    assert pd.isna(totals["lag_seconds_p50"])


def test_decisions_over_time_fall_into_buckets_on_the_clocks_round_times(marts):
    over_time = overview.decisions_over_time(marts, DAY)
    assert DAY.bucket == timedelta(minutes=30)
    assert rows(over_time, "bucket", "action", "decisions") == [
        (NOON, "allow", 2),
        (NOON, "challenge", 1),
        (NOON + timedelta(minutes=30), "verify", 1),
        (NOON + timedelta(hours=1), "block", 1),
    ]


def test_the_end_of_a_scope_is_not_in_it(marts):
    until_one = Scope(("payments",), NOON, NOON + timedelta(hours=1))
    assert overview.decisions_over_time(marts, until_one)["decisions"].sum() == 4


def test_top_rules_tell_hits_points_and_sole_hits_but_not_the_cap(marts):
    top = overview.top_rules(marts, DAY)
    assert rows(top, "rule", "hits", "points", "sole_hits") == [
        ("velocity_burst", 2, 140, 1),
        ("ip_flood", 1, 45, 0),
    ]


def test_every_attack_is_counted_however_many_there_are(tmp_path):
    decisions = [decision(f"a{number}") for number in range(12)]
    labels = [{"event_id": f"a{number}", "attack": f"attack {number}"} for number in range(12)]
    write_marts(tmp_path / "warehouse.duckdb", decisions, labels, [])
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as marts:
        assert overview.attacks(marts, DAY)["events"].sum() == 12


def test_attacks_are_alerted_verified_or_missed(marts):
    caught = overview.attacks(marts, DAY)
    assert rows(caught, "attack", "events", "alerted", "verified", "missed") == [("burst", 4, 2, 1, 1)]


def test_offenders_have_alerts_and_the_most_points_come_first(marts):
    offenders = overview.top_offenders(marts, DAY)
    assert rows(offenders, "offender_type", "offender", "decisions", "alerts", "score_total") == [
        ("device", "phone", 5, 2, 210),
        ("user", "bob", 2, 2, 170),
        ("ip", "192.0.2.1", 4, 1, 110),
        ("ip", "203.0.113.7", 1, 1, 100),
    ]


@pytest.mark.parametrize(
    ("asked", "event_ids"),
    [
        ({}, ["p5", "p4"]),
        ({"actions": ("verify", "block")}, ["p5", "p3"]),
        ({"rule": "ip_flood"}, ["p5"]),
        ({"rule": "cap%' or 1=1 --"}, []),
        ({"search": " BOB "}, ["p5", "p4"]),
        ({"search": "203.0.113"}, ["p5"]),
        ({"search": "%"}, []),
        ({"least_score": 71}, ["p5"]),
        ({"limit": 1}, ["p5"]),
    ],
)
def test_found_are_the_newest_decisions_that_answer_all_filters(marts, asked, event_ids):
    assert alerts.found(marts, DAY, **asked)["event_id"].tolist() == event_ids


def test_rules_are_those_that_hit_anything_in_the_domain(marts):
    assert alerts.rules(marts, DAY)["rule"].tolist() == ["ip_flood", "velocity_burst"]


def test_an_event_is_looked_up_in_its_domain_with_its_exact_amount(marts):
    found = alerts.event(marts, ("crypto",), "p1")
    assert rows(found, "domain", "subject", "amount") == [("crypto", "0xab", "12.5000")]
    assert alerts.event(marts, ("crypto",), "p5").empty


def test_reasons_add_up_to_the_score(marts):
    reasons = alerts.reasons(marts, "payments", "p5", TODAY)
    assert reasons["rule"].tolist() == ["velocity_burst", "ip_flood", "cap"]
    assert reasons["points"].sum() == 100


@pytest.fixture
def twice(tmp_path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Marts in which one id is of two decisions, a day apart; the newer stands first."""
    write_marts(tmp_path / "twice.duckdb", TWICE)
    connection = duckdb.connect(tmp_path / "twice.duckdb", read_only=True)
    yield connection
    connection.close()


@pytest.mark.parametrize(("day", "subject"), [("2026-03-11", "ann"), (TODAY, "bob"), (None, "bob")])
def test_an_id_of_two_days_is_the_days_event_and_without_a_day_the_newest(twice, day, subject):
    assert rows(alerts.event(twice, ("payments",), "inv-7", day), "subject") == [(subject,)]


@pytest.mark.parametrize("day", ["2026-03-13", "yesterday", ""])
def test_a_day_on_which_the_id_did_not_come_has_no_event(twice, day):
    assert alerts.event(twice, ("payments",), "inv-7", day).empty


def test_reasons_are_those_of_the_ids_day(twice):
    assert alerts.reasons(twice, "payments", "inv-7", "2026-03-11")["points"].sum() == 100
    assert alerts.reasons(twice, "payments", "inv-7", TODAY).empty


def test_sharing_starts_from_what_the_ids_day_used(twice):
    assert alerts.sharing(twice, "payments", "inv-7", "2026-03-11")["subject"].tolist() == ["eve"]
    assert alerts.sharing(twice, "payments", "inv-7", TODAY)["subject"].tolist() == ["dan"]


def test_what_is_found_tells_the_day_of_each(twice):
    days = Scope(("payments",), datetime(2026, 3, 11), datetime(2026, 3, 13))
    found = alerts.found(twice, days, actions=("allow", "block"), search="inv-7")
    assert rows(found, "event_id", "event_date") == [("inv-7", TODAY), ("inv-7", "2026-03-11")]


def test_an_event_without_reasons_has_none(marts):
    assert alerts.reasons(marts, "payments", "p1", TODAY).empty


def test_a_subjects_history_is_its_latest_decisions_oldest_first(marts):
    assert alerts.subject_history(marts, "payments", "bob")["event_id"].tolist() == ["p4", "p5"]
    assert alerts.subject_history(marts, "payments", "bob", limit=1)["event_id"].tolist() == ["p5"]


def test_sharing_names_others_on_the_same_address_or_device_and_never_the_subject(marts):
    of_p5 = alerts.sharing(marts, "payments", "p5", TODAY)
    assert rows(of_p5, "subject", "shared", "decisions", "alerts") == [("ann", "device", 4, 1)]
    of_p4 = alerts.sharing(marts, "payments", "p4", TODAY)
    assert rows(of_p4, "subject", "shared") == [("ann", "IP + device")]


def test_received_parts_are_counted_by_event_type_and_the_unreadable_are_unknown(marts):
    received = (
        health.received_over_time(marts, DAY).groupby("event_type", as_index=False).sum(numeric_only=True)
    )
    assert rows(received, "event_type", "received", "invalid") == [
        ("payment", 5, 0),
        ("unknown", 2, 1),
    ]


def test_lag_is_exact_in_each_bucket(marts):
    lag = health.lag_over_time(marts, DAY)
    assert rows(lag, "bucket", "lag_seconds_p50", "lag_seconds_max") == [
        (NOON, 2.0, 4.0),
        (NOON + timedelta(minutes=30), 2.0, 2.0),
        (NOON + timedelta(hours=1), 30.0, 30.0),
    ]


def test_quarantine_is_counted_for_the_whole_days_that_a_scope_touches(marts):
    an_hour = Scope(("payments",), NOON + timedelta(hours=3), NOON + timedelta(hours=4))
    assert rows(health.quarantine_by_day(marts, an_hour), "reason", "parts") == [
        ("duplicate", 1),
        ("not_json", 1),
    ]


def test_books_and_checks_are_those_of_the_domains_in_scope(marts):
    assert rows(health.books(marts, DAY), "domain", "parts", "scored", "quarantined", "pending") == [
        ("payments", 9, 6, 3, 0)
    ]
    assert set(health.checks(marts, DAY)["domain"]) == {"payments"}


def test_failed_checks_come_first_and_then_warnings(marts):
    assert health.checks(marts, DAY)["result"].tolist() == ["failed", "warning", "passed", "passed"]


def test_lake_versions_tell_what_the_marts_were_built_from(marts):
    assert ("scored", "payments", 41) in rows(health.lake_versions(marts), "zone", "name", "version")


def test_what_is_open_is_neither_released_nor_a_duplicate(sample):
    days = Scope(("payments",), datetime(2026, 3, 11), datetime(2026, 3, 14))
    refused = quarantine.reasons(sample, days)
    assert (refused["parts"] == refused["released"] + refused["duplicates"] + refused["open"]).all()
    assert refused["open"].is_monotonic_decreasing
    assert refused.set_index("reason").loc["duplicate", "open"] == 0
    assert refused["parts"].sum() == health.quarantine_by_day(sample, days)["parts"].sum()


def test_a_sample_tells_what_was_first_found_wrong(marts):
    newest = quarantine.samples(marts, DAY, "not_json", 10)
    assert newest[["reason", "column", "value", "faults"]].values.tolist() == [
        ["not_json", None, '{"event_id', 1]
    ]


def test_samples_are_of_the_days_and_reason_asked_for_and_no_more_than_that(marts):
    assert sorted(quarantine.samples(marts, DAY, None, 10)["reason"]) == ["duplicate", "not_json"]
    assert len(quarantine.samples(marts, DAY, None, 1)) == 1
    assert quarantine.samples(marts, DAY, "too_old", 10).empty
