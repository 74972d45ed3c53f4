"""A contract grows and shrinks under a lake with rows in it, and so do features and rules; see docs/contracts.md."""

import json
from decimal import Decimal

import pytest

from orchestration.checks import balance
from spark_jobs.intake import Intake
from spark_jobs.kept import kept_pack, kept_plan
from spark_jobs.lake import TypeChanged, read_table
from spark_jobs.release import try_repair
from spark_jobs.scorer import Batch, Scorer
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import create_tables, drain
from tests.small_pack import CONTRACT, FEATURES, RULES, write_small_pack
from weir.pack import PackError
from weir.settings import settings
from weir.warehouse import connect_lake

BEFORE = (
    CONTRACT
    + """\
  visits: {type: integer}
  nick: {type: id}
  city: {type: string}
"""
)
# dropped: city; added: colour; renamed: nick; widened: visits; narrowed: amount; a new value of event_type
AFTER = (
    CONTRACT.replace("maximum: 1000000}\n  currency", "maximum: 10}\n  currency").replace(
        "[payment, login]", "[payment, login, refund]"
    )
    + """\
  visits: {type: units, maximum: 10000000000000000000000000000000}
  handle: {type: id, aliases: [nick]}
  colour: {type: string}
"""
)
NEW_FEATURE = "- {name: user_events_1h, kind: count, key: [user_id], window: 1h}\n"
OTHER_KEY = FEATURES.replace(
    "user_amount_24h, kind: sum, key: [user_id, currency]", "user_amount_24h, kind: sum, key: [user_id]"
)
MANY = 2**70


def message(event_id, **fields):
    seen = {
        "event_id": event_id,
        "event_type": "login",
        "occurred_at": "2026-01-31T12:00:00Z",
        "user_id": "ann",
    }
    return json.dumps(seen | fields)


OLD = [
    message("old", visits=7, nick="dora", city="Rome", amount="500", currency="EUR"),
    message("refund", event_type="refund"),
]
NEW = [
    message("new", visits=MANY, nick="dora", city="Rome", colour="red", amount="5", currency="EUR"),
    message("dear", amount="500", currency="EUR"),
    message("back", event_type="refund"),
]


def landed(spark, home, name, lines):
    folder = home / "in"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")
    return drain(spark, "small", Intake(FilesSource(folder)))


@pytest.fixture(scope="module")
def evolved(spark, tmp_path_factory):
    """A home whose contract was changed in every way between two batches."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("evolved")
        patch.setenv("WEIR_HOME", str(home))
        patch.setenv("WEIR_DOMAINS", str(write_small_pack(home / "packs", contract=BEFORE).parent))
        landed(spark, home, "a.jsonl", OLD)
        rules = RULES.replace("version: 3", "version: 4")
        write_small_pack(home / "packs", contract=AFTER, features=OTHER_KEY + NEW_FEATURE, rules=rules)
        landed(spark, home, "b.jsonl", NEW)
        yield home


def scored(spark):
    rows = read_table(spark, settings().table("scored", "small")).collect()
    return {row["event_id"]: row for row in rows}


def test_a_new_column_is_null_in_old_rows(spark, evolved):
    rows = scored(spark)
    assert (rows["old"]["colour"], rows["new"]["colour"]) == (None, "red")


def test_a_dropped_column_keeps_its_old_values_and_gets_no_more(spark, evolved):
    rows = scored(spark)
    assert (rows["old"]["city"], rows["new"]["city"]) == ("Rome", None)


def test_a_renamed_column_is_a_new_one_that_reads_its_alias(spark, evolved):
    rows = scored(spark)
    assert [(rows[name]["nick"], rows[name]["handle"]) for name in ("old", "new")] == [
        ("dora", None),
        (None, "dora"),
    ]


def test_a_widened_column_holds_its_old_values_and_larger_ones(spark, evolved):
    rows = scored(spark)
    assert (rows["old"]["visits"], rows["new"]["visits"]) == (Decimal(7), Decimal(MANY))


def test_a_narrowed_column_is_judged_anew_and_its_old_rows_stay(spark, evolved):
    assert scored(spark)["old"]["amount"] == 500
    refused = read_table(spark, settings().table("quarantine", "small")).collect()
    assert {(row["event_id"], row["reason"]) for row in refused} == {
        ("refund", "unknown_value"),
        ("dear", "too_big"),
    }


def test_a_new_value_is_taken_and_messages_refused_for_it_can_be_released(spark, evolved):
    assert scored(spark)["back"]["event_type"] == "refund"
    assert {
        (one.reason, one.tried, one.valid) for one in try_repair(spark, "small", None, "unknown_value")
    } == {("unknown_value", 1, 1)}


def test_a_new_feature_counts_what_came_before_it_was_declared(spark, evolved):
    rows = scored(spark)
    assert [rows[name]["user_events_1h"] for name in ("old", "new", "back")] == [None, 2, 3]


def test_a_feature_under_another_key_counts_by_it_what_came_under_the_old_one(spark, evolved):
    rows = scored(spark)
    # the refund has no currency: by the old key it would know nothing
    assert [rows[name]["user_amount_24h"] for name in ("old", "new", "back")] == [50000, 50500, 50500]
    assert len({rows[name]["pack"] for name in ("old", "new", "back")}) == 2


def test_changed_rules_judge_and_stamp_from_the_next_batch_on(spark, evolved):
    rows = scored(spark)
    rulesets = [rows[name]["ruleset"].partition("#")[0] for name in ("old", "new", "back")]
    assert rulesets == ["small@3", "small@4", "small@4"]


def test_the_books_balance_over_the_change(spark, evolved):
    (books,) = balance(spark, ["small"])
    assert (books.parts, books.scored, books.quarantined, books.balanced) == (5, 3, 2, True)


def test_every_row_can_be_read_in_sql_too(evolved):
    query = "select event_id, visits, colour, nick, handle, city from scored_small order by event_id desc"
    with connect_lake(["small"]) as lake:
        assert lake.execute(query).fetchall() == [
            ("old", Decimal(7), None, "dora", None, "Rome"),
            ("new", Decimal(MANY), "red", None, "dora", None),
            ("back", None, None, None, None, None),
        ]


def test_a_batch_begun_before_the_change_is_retried_by_the_contract_of_then(spark, evolved):
    checkpoint = settings().checkpoint("scored/small")
    plan = kept_plan(spark, checkpoint, 0)
    assert plan
    raw = read_table(spark, settings().table("raw", "small")).where("batch_id = 0")
    scorer = Scorer(spark, "small", checkpoint, "scored/small:0")
    pack = kept_pack(spark, checkpoint, plan.pack)
    retried = Batch(scorer, 0, plan, pack, is_made_again=True).scores_of(raw)
    # in the types that the table has by now
    assert retried.select("event_id", "visits", "city", "amount").collect() == [
        ("old", Decimal(7), "Rome", Decimal(500))
    ]
    assert dict(retried.dtypes)["visits"] == "decimal(38,0)"


def test_a_list_that_a_pack_looks_in_from_now_on_is_made_with_its_next_batch(spark, evolved):
    write_small_pack(evolved / "packs", reference="- {name: is_good, list: good_users, column: user_id}\n")
    raw = read_table(spark, settings().table("raw", "small")).where("batch_id = 0")
    checkpoint = str(evolved / "another")
    Scorer(spark, "small", checkpoint, "scored/small:1")(raw, 0)
    plan = kept_plan(spark, checkpoint, 0)
    assert plan
    assert plan.references == {"good_users": 0}


def test_a_mistake_in_a_pack_is_told_and_the_next_batch_goes_by_the_pack_before(spark, evolved, caplog):
    folder = write_small_pack(evolved / "packs", contract=AFTER)
    raw = read_table(spark, settings().table("raw", "small")).where("batch_id = 0")
    checkpoint = str(evolved / "mistaken")
    Scorer(spark, "small", checkpoint, "scored/small:2")(raw, 0)
    (folder / "rules.yml").write_text(RULES.replace("user_payments_5m >= 8", "user_payments_5 >= 8"))
    Scorer(spark, "small", checkpoint, "scored/small:2")(raw, 1)
    first, second = (kept_plan(spark, checkpoint, batch_id) for batch_id in (0, 1))
    assert first
    assert second == first
    assert "rules.yml:4 unknown column 'user_payments_5'" in caplog.text
    with pytest.raises(PackError):
        Scorer(spark, "small", str(evolved / "anew"), "scored/small:3")(raw, 0)


def test_a_type_that_cannot_hold_the_old_values_is_refused_with_its_mend(spark, evolved):
    changed = AFTER.replace("trusted: {type: boolean}", "trusted: {type: number}")
    write_small_pack(evolved / "packs", contract=changed)
    with pytest.raises(TypeChanged, match=r"column trusted holds boolean, but is declared as double.*alias"):
        create_tables(spark, "small")
