"""Spark decides natively, and exactly as DuckDB does."""

from datetime import UTC, datetime
from decimal import Decimal

from spark_jobs.decisions import with_decision
from tests.small_pack import small_pack, with_rule
from weir.score import Decision, Hit, decide

# every kind of expression and of value in a text, with rows that fire all, some and none of them
RULES = """\
version: 9
rules:
  - name: quotient
    when: amount / speed > 2
    points: 30
    text: "{amount} at {speed}"
  - name: overflow
    when: value * value > 0
    points: 20
    text: "{value} it's \\\\ squared"
  - name: listed
    when: is_listed and not coalesce(trusted, false)
    points: 90
    text: "{user_id} {trusted} {is_listed}"
  - name: weighted
    when: user_payments_5m > 0
    points: {expression: 2.5 * user_payments_5m, maximum: 45}
    text: "{user_payments_5m}"
  - name: weighted_null
    when: true
    points: {expression: 100 / speed, maximum: 10}
    text: "{occurred_at}"
  - name: text
    when: lower(user_id) rlike '^a.*z$' or user_id like '%100\\\\%%'
    points: 11
    text: "{user_id}"
  - name: mapped
    when: metadata['campaign'] in ('x', 'y') or cast(metadata['n'] as bigint) >= 3
    points: 7
    text: map
  - name: timed
    when: hour(occurred_at) between 1 and 4
    points: 5
    text: at {occurred_at}
  - name: nothing
    when: currency <=> null
    points: 1
    text: "{currency}"
"""
NAMES = [line.split("name: ")[1] for line in RULES.splitlines() if "name: " in line]
CASES = "".join(f"{name}: {{fires: [{{}}], holds: [{{}}]}}\n" for name in NAMES)

EVENTS = [
    {},
    {"amount": Decimal("10.50"), "speed": 2.0, "value": Decimal(3), "user_id": "ABZ", "is_listed": True},
    {
        "amount": Decimal("10.50"),
        "speed": 0.0,
        "value": Decimal(10**31),
        "user_payments_5m": 3,
        "currency": "EUR",
    },
    {"user_id": "it's 100% {amount}\\", "is_listed": True, "trusted": False, "user_payments_5m": 1000},
    {"metadata": {"campaign": "x"}, "occurred_at": datetime(2026, 1, 31, 3, 59, 59, 999999, UTC)},
    {"speed": 1e300, "user_payments_5m": 2},
    {"metadata": {"n": "3"}, "speed": 0.00005, "user_payments_5m": 1, "trusted": True, "is_listed": True},
    {"metadata": {"n": "3.0"}, "speed": 1e-7, "amount": Decimal("100.0000"), "user_id": "a\nz"},
    {"user_payments_5m": 7, "speed": 3.3333333, "amount": Decimal("0.0001"), "currency": "JPY"},
    {
        "amount": Decimal("99"),
        "speed": 1.5,
        "value": Decimal(5),
        "is_listed": True,
        "user_payments_5m": 50,
        "metadata": {"campaign": "y"},
        "user_id": "äöz",
        "occurred_at": datetime(2024, 2, 29, 1, 0, tzinfo=UTC),
    },
]


def on_spark(spark, pack, events):
    schema = ", ".join(f"{name} {kind}" for name, kind in pack.columns.items())
    rows = [(place, *(event.get(name) for name in pack.columns)) for place, event in enumerate(events)]
    frame = spark.createDataFrame(rows, f"place int, {schema}")
    decided = frame.transform(with_decision(pack)).orderBy("place").collect()
    return [Decision(row.score, row.action, tuple(Hit(*hit) for hit in row.reasons)) for row in decided]


def test_spark_and_duckdb_decide_alike_with_reasons_that_add_up(spark):
    pack = small_pack(rules=RULES, cases=CASES)
    decisions = on_spark(spark, pack, EVENTS)
    assert decisions == decide(pack, EVENTS)
    assert [sum(hit.points for hit in decision.reasons) for decision in decisions] == [
        decision.score for decision in decisions
    ]
    fired = {hit.rule for decision in decisions for hit in decision.reasons}
    assert fired == {*NAMES, "cap"}


def test_score_action_and_reasons_have_the_types_of_the_scored_table(spark):
    decided = spark.range(1).transform(with_decision(with_rule("true")))
    assert dict(decided.dtypes) == {
        "id": "bigint",
        "score": "int",
        "action": "string",
        "reasons": "array<struct<rule:string,points:int,text:string>>",
    }


def test_a_null_when_does_not_fire(spark):
    pack = with_rule("speed > 2")
    assert on_spark(spark, pack, [{}, {"speed": 1.0}, {"speed": 3.0}]) == [
        Decision(0, "allow", ()),
        Decision(0, "allow", ()),
        Decision(10, "allow", (Hit("judged", 10, "it fired"),)),
    ]


def test_no_rules_decide_to_allow(spark):
    pack = small_pack(rules="version: 1\nrules: []\n", cases="{}\n")
    assert on_spark(spark, pack, [{}]) == [Decision(0, "allow", ())]
