"""The arrays of a task hold every kind's definition, whatever arrives in whatever order; no Spark in sight."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.feature_rows import addends, condition, contract_column, identities, set_apart
from spark_jobs.feature_windows import key_windows
from spark_jobs.key_groups import key_groups
from spark_jobs.wide_sums import limb_names
from spark_jobs.windows import disorder
from spark_jobs.windows.arrow_rows import windows_over
from tests.oracle import features_of
from tests.spark_jobs.feature_sample import EVERY_KIND, event, feature, holds, random_events

DECIMAL_BASE, LONG_BASE = 10**18, 2**32


def limbs(value):
    """As weir's SQL cuts a value: a long by its bits, a decimal by its digits, both signs alike."""
    if isinstance(value, Decimal):
        low = int(value) % DECIMAL_BASE if value >= 0 else -(-int(value) % DECIMAL_BASE)
        return Decimal((int(value) - low) // DECIMAL_BASE), Decimal(low)
    return (value or 0) >> 32, (value or 0) % LONG_BASE


def column(name, known, events):
    if name == "weight":
        return pa.array([1] * len(events), pa.int64())
    if name.endswith(("_high", "_low")):
        value = contract_column(name.rpartition("_")[0])
        kind = pa.decimal128(38, 0) if value == "units" else pa.int64()
        zero = Decimal(0) if value == "units" else 0
        which = 0 if name.endswith("_high") else 1
        return pa.array([limbs(one[value] or zero)[which] for one in events], kind)
    matching = [one for one in known if condition(one) == name]
    if matching:
        return pa.array([holds(matching[0], one) for one in events])
    return pa.array([one[contract_column(name)] for one in events])


def table_of(events, known, groups, history):
    """Feature rows as Spark makes them; the first `history` of them are no part of the batch."""
    names = {*identities(known), *addends(known), *map(condition, known)}
    at = [int(one["occurred_at"].timestamp() * 1_000_000) for one in events]
    columns = {
        "at": pa.array(at, pa.int64()),
        "seq": pa.array([one["seq"] for one in events], pa.int64()),
        "part": pa.array([one["part"] for one in events], pa.int32()),
        "in_batch": pa.array([place >= history for place in range(len(events))]),
        "is_late": pa.array([False] * len(events)),
        **{name: column(name, known, events) for name in names},
    }
    for group in groups:
        no_key = [any(one[contract_column(part)] is None for part in group.root) for one in events]
        columns[group.hash] = pa.array([int(none) for none in no_key], pa.int64())
    rows = pa.table(columns)
    return pa.concat_tables(
        [rows.slice(history), *(entries(rows.slice(0, history), one, groups) for one in groups)]
    )


def entries(rows, group, groups):
    """Rows of the history as what they are to one group: members of no other."""
    for other in groups:
        if other != group:
            place = rows.column_names.index(other.hash)
            rows = rows.set_column(place, other.hash, pa.array([1] * len(rows), pa.int64()))
    return rows.filter(pa.array(rows[group.hash].to_numpy() == 0))


def answer(of, row):
    if of.kind != "sum":
        return row[set_apart(of).name]
    high, low = (row[name] for name in limb_names(set_apart(of).name))
    if high is None:
        return None
    if of.type == "bigint":
        total = high * LONG_BASE + low
        return total if -(2**63) <= total < 2**63 else None
    total = int(high) * DECIMAL_BASE + int(low)
    return total if abs(total) < 10**38 else None


def found(features, events, history=0):
    """Each event of the batch with its features and `is_late`."""
    known = [set_apart(one) for one in features]
    groups = key_groups(known)
    windows = [key_windows(group) for group in groups]
    made = [name for group in windows for window in group.windows for name in window.columns]
    rows = table_of(events, known, groups, history)
    # the order in which rows reach a task is anybody's
    shuffled = rows.take(np.random.default_rng(len(rows)).permutation(len(rows)))
    batches = windows_over(windows, ["seq", "part", *made, "is_late"])(
        iter(shuffled.to_batches(max_chunksize=50))
    )
    by_id = {(row["seq"], row["part"]): row for batch in batches for row in batch.to_pylist()}
    assert len(by_id) == len(events) - history
    names = [(one["seq"], one["part"]) for one in events[history:]]
    return [
        {**{of.name: answer(of, by_id[name]) for of in features}, "is_late": by_id[name]["is_late"]}
        for name in names
    ]


def expected(features, events, history=0):
    return [features_of(one, events, features, holds) for one in events[history:]]


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    number=st.integers(1, 120),
    disorder=st.sampled_from([0.0, 0.02, 0.3, 0.9]),
    share=st.floats(0, 0.9),
)
def test_every_kind_follows_its_definition(seed, number, disorder, share):
    events = random_events(seed, number, disorder)
    history = int(number * share)
    assert found(EVERY_KIND, events, history) == expected(EVERY_KIND, events, history)


def test_what_was_overtaken_is_told_a_few_runs_at_a_time(monkeypatch):
    monkeypatch.setattr(disorder, "AT_ONCE", 40)
    events = random_events(11, 200, 0.8)
    assert found(EVERY_KIND, events) == expected(EVERY_KIND, events)


def test_events_that_arrive_backwards_see_nothing_of_each_other():
    features = [
        feature("payments", "count", "user", span=100),
        feature("shops", "distinct", "user", span=100, value="merchant"),
    ]
    events = [event(-seq, seq, merchant="shop") for seq in range(40)]
    assert [one["payments"] for one in found(features, events)] == [1] * 40
    assert found(features, events) == expected(features, events)


@pytest.mark.parametrize("days", [30, 6_000])
def test_keys_and_times_far_apart_do_not_meet(days):
    features = [feature("payments", "count", "user", span=86_400 * days)]
    events = [event(86_400 * days * (seq % 3), seq, user=f"user {seq % 7}") for seq in range(60)]
    assert found(features, events) == expected(features, events)


def test_no_rows_are_no_rows():
    assert list(windows_over([], ["seq"])(iter([]))) == []
