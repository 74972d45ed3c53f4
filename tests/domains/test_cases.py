"""Every pack's golden events: what must fire a rule does, what must not does not, on both engines alike."""

import pytest
from pyspark.sql import SparkSession

from spark_jobs.decisions import with_decision
from weir.pack import Pack, domains, load_pack
from weir.score import Decision, Hit, decide, run_cases

packs = pytest.mark.parametrize("pack", [load_pack(name) for name in domains()], ids=domains())


def _on_spark(spark: SparkSession, pack: Pack) -> list[Decision]:
    """The decision about each case's event, in the cases' order."""
    schema = ", ".join(f"`{name}` {kind}" for name, kind in pack.columns.items())
    rows = [
        (place, *(case.values.get(name) for name in pack.columns)) for place, case in enumerate(pack.cases)
    ]
    decided = spark.createDataFrame(rows, f"place int, {schema}").transform(with_decision(pack))
    return [
        Decision(row.score, row.action, tuple(Hit(*hit) for hit in row.reasons))
        for row in decided.orderBy("place").collect()
    ]


@packs
def test_the_golden_events_of_a_pack_hold_on_duckdb(pack):
    assert run_cases(pack) == []


@packs
def test_spark_decides_about_them_as_duckdb_does(spark, pack):
    assert _on_spark(spark, pack) == decide(pack, [case.values for case in pack.cases])


@packs
def test_every_rule_has_a_golden_event_on_either_side(pack):
    for fires in (True, False):
        assert {case.rule for case in pack.cases if case.fires is fires} == {
            rule.name for rule in pack.ruleset.rules
        }


@packs
def test_no_rule_fires_on_an_event_of_which_nothing_is_known(pack):
    assert decide(pack, [{}]) == [Decision(0, "allow", ())]


@packs
def test_every_column_and_feature_says_what_it_is(pack):
    described = (*pack.contract.columns, *pack.features, *pack.enrichments, *pack.ruleset.rules)
    assert [one.name for one in described if not one.description.endswith(".")] == []


@packs
def test_a_reason_is_built_from_the_events_own_values(pack):
    assert [rule.name for rule in pack.ruleset.rules if "{" not in rule.text] == []
