"""Features are exact as of each event, and the same however the arrivals were cut into batches."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from spark_jobs.feature_rows import set_apart, to_feature_rows
from spark_jobs.features import with_features
from spark_jobs.history import to_history_rows
from spark_jobs.key_groups import key_groups
from spark_jobs.session import java_class
from tests.oracle import features_of
from tests.spark_jobs.feature_sample import (
    EVERY_KIND,
    PAID,
    SCHEMA,
    computed,
    event,
    feature,
    holds,
    random_events,
    with_event_date,
)


@settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10**6),
    disorder=st.sampled_from([0.0, 0.1, 0.8]),
    cuts=st.lists(st.integers(1, 119), max_size=2),
)
def test_every_kind_follows_its_definition_however_arrival_is_cut(spark, seed, disorder, cuts):
    events = random_events(seed, 120, disorder)
    found = computed(spark, EVERY_KIND, events, cuts)
    assert found == [features_of(one, events, EVERY_KIND, holds) for one in events]


def test_many_rows_are_computed_in_several_tasks_with_the_same_result(spark, monkeypatch):
    monkeypatch.setattr("spark_jobs.extent.ROWS_OF_ONE_TASK", 0)
    events = random_events(3, 150, 0.3)
    found = computed(spark, EVERY_KIND, events, [70])
    assert found == [features_of(one, events, EVERY_KIND, holds) for one in events]


def test_a_window_begins_behind_its_start_and_holds_the_event_itself(spark):
    rows = [(event(0, 1), 1), (event(4.999999, 2), 2), (event(5, 3), 2), (event(15, 4), 1)]
    found = computed(spark, [feature("payments", "count", "user", span=5)], [row for row, _ in rows])
    assert [one["payments"] for one in found] == [expected for _, expected in rows]


def test_a_late_event_is_not_counted_by_an_earlier_arrival(spark):
    rows = [(event(0, 1), 1, False), (event(9, 2), 2, False), (event(5, 3), 2, True), (event(9, 4), 4, False)]
    features = [feature("payments", "count", "user")]
    expected = [{"payments": count, "is_late": late} for _, count, late in rows]
    events = [row for row, *_ in rows]
    assert computed(spark, features, events) == expected
    assert computed(spark, features, events, cuts=[1, 2, 3]) == expected


def test_a_null_key_gives_null_and_nothing_counts_as_zero(spark):
    features = [
        feature("payments", "count", "user", where=PAID),
        feature("total", "sum", "user", value="amount"),
    ]
    events = [
        event(0, 1, user=None),
        event(1, 2, event_type="login", amount=None),
        event(2, 3, event_type=None),
    ]
    found = computed(spark, features, events)
    assert [(one["payments"], one["total"]) for one in found] == [(None, None), (0, 0), (0, 1)]
    assert not any(one["is_late"] for one in found)


def test_a_sum_that_does_not_fit_is_null_and_the_next_one_is_right_again(spark):
    features = [feature("total", "sum", "user", span=5, value="amount")]
    rows = [
        (2**63 - 1, 0, 2**63 - 1),
        (1, 1, None),
        (-1, 2, 2**63 - 1),
        (5, 7, 5),
        (-(2**63), 8, -(2**63) + 5),
    ]
    events = [event(at, seq, amount=amount) for seq, (amount, at, _) in enumerate(rows)]
    assert [one["total"] for one in computed(spark, features, events)] == [expected for *_, expected in rows]


def test_a_session_ends_with_a_gap_and_is_cut_at_its_longest(spark):
    features = [
        feature("payments", "session_count", "user", span=8, gap=3, where=PAID),
        feature("age", "session_seconds", "user", span=8, gap=3, where=PAID),
    ]
    rows = [
        (event(0, 1), 1, 0),
        (event(3, 2), 2, 3),
        (event(5, 3, event_type="login"), 2, 5),
        (event(6, 4), 3, 6),
        (event(8, 5), 3, 5),
        (event(11, 6), 3, 5),
        (event(14.5, 7, event_type="login"), 0, 0),
        (event(15, 8), 1, 0),
    ]
    found = computed(spark, features, [row for row, *_ in rows])
    assert [(one["payments"], one["age"]) for one in found] == [(count, age) for _, count, age in rows]


def test_a_pack_without_features_has_no_late_events(spark):
    batch = spark.createDataFrame([event(0, 1)], SCHEMA)
    assert batch.transform(with_features([])).columns == [*batch.columns, "is_late"]


def test_only_what_matters_to_the_batchs_keys_is_kept_of_the_history(spark):
    features = [feature("payments", "count", "user", span=60)]
    scored = [event(-86_400, 1), event(-59, 2), event(-61, 3), event(-1, 4, user="bob"), event(86_400, 5)]
    found = history_rows(spark, features, scored, [event(0, 9)])
    assert sorted(row["seq"] for row in found) == [2, 5]


def test_history_that_all_events_of_a_key_see_alike_is_one_row(spark):
    features = [feature("payments", "count", "merchant", span=100, where=PAID)]
    shop = [event(at, at + 500, merchant="shop") for at in range(-150, 1)]
    other = [event(at, at + 1000, merchant="other") for at in range(-150, 1)]
    batch = [event(2, 2000, merchant="shop"), event(5, 2001, merchant="shop")]
    found = history_rows(spark, features, [*shop, *other], batch)
    # from 98 s before the first event on; the three that only it can see stay as they are
    assert sorted(row["weight"] for row in found) == [1, 1, 1, 95]


def test_another_hour_compiles_nothing_anew(spark, by_day):
    features = [feature("payments", "count", "user", span=7 * 86_400)]
    first, second = (compiled(told_of(features, by_day, [event(at, 2)])) for at in (0, 3600))
    assert first == second != set()


def test_another_hour_compiles_nothing_anew_that_is_long_where_windows_are_short(spark, by_day):
    features = [feature("payments", "count", "user", span=60)]
    first, second = (compiled(told_of(features, by_day, [event(at, 2)])) for at in (100, 3700))
    # what finds the rows has the hour in it; what merges them has not
    assert first != second
    assert (
        {code for code in first if "hashAgg" in code}
        == {code for code in second if "hashAgg" in code}
        != set()
    )


@pytest.fixture
def by_day(spark, tmp_path):
    """A scored event, partitioned as the table is."""
    rows = with_event_date(spark.createDataFrame([event(0, 1)], SCHEMA))
    rows.write.partitionBy("event_date").parquet(str(tmp_path / "scored"))
    return spark.read.parquet(str(tmp_path / "scored"))


def history_rows(spark, features, scored, batch):
    return told_of(features, with_event_date(spark.createDataFrame(scored, SCHEMA)), batch).collect()


def told_of(features, scored, batch):
    groups = key_groups([set_apart(one) for one in features])
    rows = scored.sparkSession.createDataFrame(batch, SCHEMA).transform(to_feature_rows(groups))
    return scored.transform(to_history_rows(groups, rows, batch[0]["occurred_at"]))


def compiled(rows):
    """The Java code that Spark writes for a frame, class by class."""
    debug = java_class(rows.sparkSession, "org.apache.spark.sql.execution.debug.package$")
    classes = getattr(debug, "MODULE$").codegenStringSeq(rows._jdf.queryExecution().executedPlan())
    return {classes.apply(number)._2() for number in range(classes.size())}
