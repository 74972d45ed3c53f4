"""The score is the capped sum of points, and reasons always add up to it."""

import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.small_pack import small_pack, with_rule
from weir.pack import domains, load_pack
from weir.rule import DEFAULT_BANDS
from weir.score import Decision, Hit, action_for, decide, run_cases


def text_of(template, **values):
    (decision,) = decide(with_rule("true", text=template), [values])
    return decision.reasons[0].text


@pytest.mark.parametrize(
    ("score", "action"),
    [(0, "allow"), (30, "allow"), (31, "verify"), (60, "verify"), (61, "challenge"), (85, "challenge"),
     (86, "block"), (100, "block")],
)  # fmt: skip
def test_an_action_is_that_of_the_band_the_score_is_in(score, action):
    assert action_for(DEFAULT_BANDS, score) == action
    (decision,) = decide(with_rule("true", f"{max(score, 1)}"), [{}])
    assert decision.action == action_for(DEFAULT_BANDS, max(score, 1))


def test_points_of_the_rules_that_fire_are_added_in_the_rules_order():
    (decision,) = decide(small_pack(), [{"user_payments_5m": 9, "speed": 3.0, "amount": Decimal("9.50")}])
    assert decision == Decision(
        70,
        "challenge",
        (Hit("burst", 40, "9 payments in 5 minutes"), Hit("fast", 30, "9.5 unknown at 3")),
    )


def test_a_sum_over_100_is_capped_by_a_reason_of_its_own():
    rules = "version: 1\nrules:\n" + "".join(
        f"- {{name: rule_{points}, when: speed > 0, points: {points}, text: fast}}\n" for points in (60, 70)
    )
    cases = "".join(f"rule_{points}: {{fires: [{{speed: 1}}], holds: [{{}}]}}\n" for points in (60, 70))
    (decision,) = decide(small_pack(rules=rules, cases=cases), [{"speed": 1.0}])
    assert (decision.score, decision.action) == (100, "block")
    assert decision.reasons[2] == Hit("cap", -30, "scores end at 100")


def test_no_rules_decide_to_allow():
    pack = small_pack(rules="version: 1\nrules: []\n", cases="{}\n")
    assert decide(pack, [{}]) == [Decision(0, "allow", ())]


@pytest.mark.parametrize(
    ("expression", "values", "points"),
    [
        ("5", {}, 5),
        ("10 * speed", {"speed": 2.0}, 20),
        ("10 * speed", {"speed": 2.25}, 23),
        ("10 * speed", {"speed": 900.0}, 60),
        ("10 * speed", {"speed": 1e300}, 60),
        ("10 * speed", {"speed": -1.0}, 1),
        ("10 * speed", {}, None),
        ("10 / speed", {"speed": 0.0}, None),
        ("amount_minor * amount_minor", {"amount_minor": 2**62}, None),
        ("amount", {"amount": Decimal("12.5000")}, 13),
        ("value", {"value": Decimal(10**31)}, 60),
        ("null + 1", {}, None),
    ],
)
def test_weighted_points_stay_within_1_and_their_maximum_and_null_does_not_fire(expression, values, points):
    (decision,) = decide(with_rule("true", f"{{expression: {expression}, maximum: 60}}"), [values])
    assert [hit.points for hit in decision.reasons] == ([] if points is None else [points])
    assert decision.score == (points or 0)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "unknown"),
        ({"user_id": "it's {me}\\"}, "it's {me}\\"),
        ({"user_payments_5m": 1234567}, "1234567"),
        ({"amount": Decimal("10.5000")}, "10.5"),
        ({"amount": Decimal("100.0000")}, "100"),
        ({"amount": Decimal("0.0000")}, "0"),
        ({"value": Decimal(10**31)}, "1" + "0" * 31),
        ({"speed": 0.1}, "0.1"),
        ({"speed": 12345.67891}, "12345.6789"),
        ({"speed": 1e-9}, "0"),
        ({"trusted": True}, "true"),
        ({"occurred_at": datetime(2026, 1, 31, 12, 0, 5, 999999, UTC)}, "2026-01-31 12:00:05"),
    ],
)
def test_a_text_shows_values_as_people_read_them(values, shown):
    name = next(iter(values), "user_id")
    assert text_of(f"<{{{name}}}>", **values) == f"<{shown}>"


def test_a_text_without_columns_is_itself():
    assert text_of("it's fast") == "it's fast"


def test_reasons_always_add_up_to_the_score():
    for pack in (small_pack(), *(load_pack(name) for name in domains())):
        for decision in decide(pack, random_events(pack, 300)):
            assert sum(hit.points for hit in decision.reasons) == decision.score
            assert 0 <= decision.score <= 100
            assert decision.action == action_for(pack.ruleset.bands, decision.score)


def random_events(pack, count, seed=3):
    draw = random.Random(seed)
    values = {
        "bigint": lambda: draw.choice((0, 1, 5, 10, 50, 10**6)),
        "boolean": lambda: draw.random() < 0.5,
        "double": lambda: draw.uniform(0, 10),
        "string": lambda: draw.choice(("payment", "login", "transfer", "GB", "NG")),
    }
    kinds = {name: kind for name, kind in pack.columns.items() if kind in values}
    return [
        {name: values[kind]() for name, kind in kinds.items() if draw.random() < 0.8} for _ in range(count)
    ]


def test_an_event_with_a_column_that_is_none_is_refused():
    with pytest.raises(KeyError, match="small has no columns \\['speeed'\\]"):
        decide(small_pack(), [{"speeed": 1.0}])


def test_a_case_that_fails_is_told_with_its_place():
    cases = (
        "burst: {fires: [{user_payments_5m: 7}], holds: [{}]}\n"
        "fast: {fires: [{speed: 3}], holds: [{speed: 3}]}\n"
    )
    assert run_cases(small_pack(cases=cases)) == [
        "cases.yml:1 burst did not fire on {'user_payments_5m': 7}",
        "cases.yml:2 fast fired on {'speed': 3.0}",
    ]
    assert run_cases(small_pack()) == []
