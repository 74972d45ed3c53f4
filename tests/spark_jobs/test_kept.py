"""What a batch was judged with outlives the try that wrote it."""

from datetime import timedelta

import pytest

from spark_jobs import kept
from spark_jobs.storage import write_text
from tests.small_pack import RULES, small_pack
from weir.pack import load_pack


@pytest.fixture
def checkpoint(tmp_path):
    return str(tmp_path / "checkpoint")


def test_a_retry_reads_the_plan_of_the_first_try(spark, checkpoint):
    assert kept.kept_plan(spark, checkpoint, 7) is None
    plan = kept.Plan("abc", {"sanctioned_addresses": 3}, {"kafka": 60.0})
    kept.keep_plan(spark, checkpoint, 7, plan)
    assert kept.kept_plan(spark, checkpoint, 7) == plan


def test_a_plan_of_before_there_were_bounds_has_none(spark, checkpoint):
    write_text(spark, f"{checkpoint}/kept/batches/7.plan.json", '{"pack": "abc", "references": {}}')
    assert kept.kept_plan(spark, checkpoint, 7) == kept.Plan("abc")


def test_the_bound_of_a_source_stays_until_another_is_kept(spark, checkpoint):
    assert kept.kept_max_ages(spark, checkpoint) == {}
    for kind, days in (("kafka", 7), ("kinesis", 1), ("kafka", 30), ("kafka", 30)):
        kept.keep_max_age(spark, checkpoint, kind, timedelta(days=days))
    ages = kept.kept_max_ages(spark, checkpoint)
    assert kept.Plan("abc", {}, ages).spans() == {"kafka": timedelta(days=30), "kinesis": timedelta(days=1)}


def test_a_kept_pack_is_the_same_pack(spark, checkpoint):
    pack = load_pack("payments")
    kept.keep_pack(spark, checkpoint, pack)
    assert kept.kept_pack(spark, checkpoint, kept.name_of(pack)).files == pack.files


def test_packs_that_differ_in_the_number_of_their_rules_alone_are_both_kept(spark, checkpoint):
    packs = [small_pack(rules=RULES.replace("version: 3", f"version: {number}")) for number in (3, 4)]
    for pack in packs:
        kept.keep_pack(spark, checkpoint, pack)
    numbers = [kept.kept_pack(spark, checkpoint, kept.name_of(pack)).ruleset.version for pack in packs]
    assert numbers == [3, 4]


def test_a_lost_pack_is_named(spark, checkpoint):
    with pytest.raises(FileNotFoundError, match="no-such-hash"):
        kept.kept_pack(spark, checkpoint, "no-such-hash")


def test_poison_is_kept_apart_from_the_plan(spark, checkpoint):
    assert kept.kept_poison(spark, checkpoint, 7) == ()
    kept.keep_poison(spark, checkpoint, 7, (30, 150))
    assert kept.kept_poison(spark, checkpoint, 7) == (30, 150)
