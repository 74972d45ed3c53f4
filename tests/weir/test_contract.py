"""A contract is read whole or refused with every mistake, its line and its mend."""

from __future__ import annotations

from decimal import Decimal

import pytest

from weir import tables
from weir.contract import RESERVED, Column, Contract, load_contract
from weir.located import PackError
from weir.validity import checks

ENVELOPE = """
domain: shop
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [sale, visit], required: true}
  occurred_at: {type: time, required: true, aliases: [timestamp]}
"""


def _mistakes(more: str, envelope: str = ENVELOPE) -> list[str]:
    with pytest.raises(PackError) as refused:
        load_contract(envelope + more, "contract.yml")
    return str(refused.value).splitlines()


def test_a_contract_keeps_its_columns_in_order():
    contract = load_contract(ENVELOPE + "  user_id: {type: id, description: who}", "contract.yml")
    assert [column.name for column in contract.columns] == [
        "event_id",
        "event_type",
        "occurred_at",
        "user_id",
    ]
    assert contract.column("user_id") == Column("user_id", "id", description="who")
    assert contract.column("occurred_at").aliases == ("timestamp",)


def test_money_brings_its_minor_units_behind_it():
    money = "  amount: {type: money, currency: currency, maximum: 100}\n  currency: {type: currency}"
    contract = load_contract(ENVELOPE + money, "contract.yml")
    assert list(contract.event_types.items())[3:] == [
        ("amount", "decimal(20,4)"),
        ("amount_minor", "bigint"),
        ("currency", "string"),
    ]


@pytest.mark.parametrize(
    ("written", "maximum"), [("1e31", 10**31), ("10000000000000000000", 10**19), ("2.5e3", 2500)]
)
def test_a_maximum_is_exact_however_it_is_written(written, maximum):
    contract = load_contract(f"{ENVELOPE}  value: {{type: units, maximum: {written}}}", "contract.yml")
    assert contract.column("value").maximum == Decimal(maximum)


def test_an_integers_bounds_may_be_the_outermost():
    bounds = "minimum: -9223372036854775808, maximum: 9223372036854775807"
    contract = load_contract(f"{ENVELOPE}  count: {{type: integer, {bounds}}}", "contract.yml")
    assert contract.column("count").minimum == -(2**63)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("user_id: {type: idd}", "unknown 'idd'; did you mean 'id'?"),
        ("user_id: {typ: id, type: id}", "unknown key 'typ'; did you mean 'type'?"),
        ("user_id: {required: true}", "'type' is missing"),
        ("user_id: {type: id, required: sometimes}", "true or false"),
        ("score: {type: integer}", "every table has"),
        ("User: {type: id}", "not snake_case"),
        ("user_id: {type: id, required_for: [sail]}", "did you mean 'sale'?"),
        ("user_id: {type: id, required: true, required_for: [sale]}", "keep one"),
        ("kind: {type: enum}", "an enum needs them"),
        ("user_id: {type: id, values: [a]}", "values belong to an enum"),
        ("user_id: {type: id, aliases: [timestamp]}", "alias 'timestamp' is taken"),
        ("user_id: {type: id, aliases: ['a b']}", "not letters"),
        ("user_id: {type: id, aliases: [TimeStamp]}", "alias 'TimeStamp' is taken (case does not tell names"),
        ("user_id: {type: id, aliases: [User_Id]}", "alias 'User_Id' is taken"),
        ("user_id: {type: id, aliases: [Event_ID]}", "alias 'Event_ID' is taken"),
        ("user_id: {type: id, aliases: [user, User]}", "alias 'User' is taken"),
        ("user_id: {type: id, aliases: [user, user]}", "alias 'user' is taken"),
        ("amount: {type: money, maximum: 5}", "money needs 'currency:"),
        ("user_id: {type: id, currency: event_id}", "only money has a currency"),
        ("value: {type: units}", "write 'maximum: ...'"),
        ("value: {type: units, maximum: 1e32}", "too big to keep exactly"),
        ("value: {type: units, minimum: -1, maximum: 5}", "never negative"),
        ("count: {type: integer, minimum: 5, maximum: 4}", "above maximum 4"),
        ("count: {type: integer, minimum: -9223372036854775809}", "write at least -9223372036854775808"),
        ("count: {type: integer, maximum: -1e40}", "write at least -9223372036854775808"),
        ("count: {type: integer, maximum: 9223372036854775808}", "write at most 9223372036854775807"),
        ("count: {type: integer, minimum: 1e40}", "write at most 9223372036854775807"),
        ("count: {type: integer, minimum: few}", "should be a number"),
        ("ratio: {type: number, maximum: .inf}", "leave one out where there is no bound"),
        ("ratio: {type: number, minimum: .nan, maximum: 3}", "leave one out where there is no bound"),
        ("user_id: {type: id, maximum: 4}", "has no minimum or maximum"),
    ],
)
def test_a_mistake_names_its_line_and_its_mend(line, said):
    mistakes = _mistakes(f"  {line}")
    assert [mistake for mistake in mistakes if mistake.startswith("contract.yml:7 ") and said in mistake], (
        mistakes
    )


def test_the_minor_units_of_money_are_not_declared_twice():
    money = "  amount: {type: money, currency: currency, maximum: 100}\n  currency: {type: currency}\n"
    assert "is derived" in _mistakes(f"{money}  amount_minor: {{type: integer}}")[0]


def test_every_event_has_an_id_a_type_and_a_time():
    mistakes = _mistakes("", "domain: shop\ncolumns:\n  event_id: {type: string, required: true}\n")
    assert [word in " ".join(mistakes) for word in ("event_id: {", "event_type: {", "occurred_at: {")] == [
        True
    ] * 3


def test_all_mistakes_are_found_at_once():
    assert len(_mistakes("  user_id: {type: idd}\n  score: {type: integer}")) == 2


def test_a_columns_of_the_tables_cannot_be_declared():
    own = {*tables.RAW, *tables.QUARANTINE, *tables.DECISION, "replay_id", "refusal"}
    assert own - {"event_id", "event_type"} == RESERVED


def test_ages_are_only_asked_of_the_time_of_the_event():
    expires = Column("expires_at", "time")
    contract = Contract("shop", (expires,))
    assert "in_future" not in {check.reason for check in checks(contract, expires, {}, mapped=False)}
