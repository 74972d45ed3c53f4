"""The order of arrival decides what is known of an event; how it is cut into files and batches decides nothing."""

from datetime import UTC, timedelta
from itertools import chain
from random import Random

import pytest
from pyspark.sql import functions as F

from orchestration.checks import balance
from orchestration.marts import build_marts
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.sources.source import FilesSource
from spark_jobs.stream import create_tables, drain
from tests.arrivals import (
    APART,
    EVENTS,
    RECEIVED,
    START,
    STEPS,
    arrival_order,
    busy_events,
    cut,
    land_trials,
    own_messages,
    trial_of,
    without_own,
    write_spread,
    write_together,
)
from tests.narrow_payments import write_narrow_payments
from tests.oracle import features_of
from weir.pack import load_pack
from weir.settings import settings
from weir.warehouse import connect_marts

CUTS, ORDERS = range(20), range(20, 40)
UNCUT, IN_ORDER = CUTS[0], ORDERS[0]
# trial -> the number of files that its messages came in: all in one batch, and in two
TOGETHER, SPREAD = {40: 1, 41: 7, 42: 60}, {43: 7, 44: 60}
FILES = TOGETHER | SPREAD
# how a row was delivered and judged; the value of seq differs too, its order must not
DELIVERY = {"source", "partition", "position", "received_at", "batch_id", "scored_at", "seq"}


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Every test of this module has the narrow pack."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_DOMAINS", str(write_narrow_payments(tmp_path_factory.mktemp("packs"))))
        yield


@pytest.fixture(scope="module")
def events():
    return busy_events(seed=7)


@pytest.fixture(scope="module")
def one_order(events):
    """One order of arrival with late events, ties and duplicates."""
    return arrival_order(events, seed=5, late=0.02, twice=0.02)


@pytest.fixture(scope="module")
def lake(spark, packs, tmp_path_factory, events, one_order):
    """A home in which one order of arrival came in twenty cuts, and as files, and the same events in twenty orders."""
    chance = Random(3)
    trials = [cut(own_messages(trial, one_order), chance) for trial in CUTS]
    trials[UNCUT] = [[*chain.from_iterable(trials[UNCUT])], *([[]] * (STEPS - 1))]
    for trial in ORDERS:
        # from no event to almost every second one
        late, twice = (trial - IN_ORDER) / 40, 0 if trial == IN_ORDER else 0.05
        arrivals = arrival_order(events, seed=trial, late=late, twice=twice)
        trials.append(cut(own_messages(trial, arrivals, trial * APART), chance))
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("arrivals")
        patch.setenv("WEIR_HOME", str(home))
        create_tables(spark, "payments")
        land_trials(spark, trials)
        drain(spark, "payments", Intake(write_as_files(home / "in", one_order), batch_bytes="1b"))
    return home


def write_as_files(folder, arrivals):
    """One order of arrival as the trials FILES, which share the first of two batches."""
    for trial, files in TOGETHER.items():
        write_together(folder, own_messages(trial, arrivals), files, trial)
    for trial, files in SPREAD.items():
        write_spread(folder, own_messages(trial, arrivals), files, trial)
    return FilesSource(folder, max_files=sum(1 for _ in folder.glob("[ab]/*/*")))


@pytest.fixture
def home(lake, monkeypatch):
    monkeypatch.setenv("WEIR_HOME", str(lake))
    return lake


@pytest.fixture(scope="module")
def trials(spark, lake):
    """Trial -> its scored rows in order of arrival."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(lake))
        rows = scored_rows(spark)
    return {
        trial: [row for row in rows if trial_of(row["event_id"]) == trial]
        for trial in [*CUTS, *ORDERS, *FILES]
    }


def scored_rows(spark):
    """Every scored row: what is told of the event as JSON, and which of the features' conditions it meets."""
    scored = read_table(spark, settings().table("scored", "payments"))
    wheres = {feature.where for feature in load_pack("payments").features if feature.where}
    conditions = F.struct(*(F.coalesce(F.expr(where), F.lit(False)).alias(where) for where in sorted(wheres)))
    told = F.to_json(F.struct(*(name for name in scored.columns if name not in DELIVERY)))
    rows = scored.select("*", conditions.alias("holds"), told.alias("told")).orderBy("seq", "part")
    return [row.asDict() for row in rows.collect()]


def told(rows):
    """What is told of each event, but for whose trial it is."""
    return [without_own(row["told"]) for row in rows]


def holds(feature, row):
    return feature.where is None or row["holds"][feature.where]


def events_of(rows):
    """The events of a trial, by their time: the contract's columns without what is the trial's own."""
    columns = [column.name for column in load_pack("payments").contract.columns]
    columns.remove("occurred_at")
    first = min(row["occurred_at"] for row in rows)
    return sorted(
        (row["occurred_at"] - first, without_own(str([row[name] for name in columns]))) for row in rows
    )


def feature_keys():
    return {feature.key for feature in load_pack("payments").features}


def related(row, rows, keys):
    """The rows of a trial that share one of the keys with a row."""
    return [other for other in rows if any(all(other[name] == row[name] for name in key) for key in keys)]


def history(row, rows, keys):
    """The ids, in the order of time, of what had happened and arrived before a row and shares a key with it."""
    seen = [
        (other["occurred_at"], other["seq"], other["event_id"])
        for other in related(row, rows, keys)
        if other["seq"] < row["seq"] and other["occurred_at"] <= row["occurred_at"]
    ]
    return [without_own(event_id) for *_, event_id in sorted(seen)]


def test_twenty_cuts_of_one_order_of_arrival_give_the_same_rows(trials, one_order, figures):
    assert len(one_order) > EVENTS == len(trials[UNCUT])
    assert sum(row["is_late"] for row in trials[UNCUT]) >= 3
    assert len({row["score"] for row in trials[UNCUT]}) > 5
    for trial in CUTS:
        assert told(trials[trial]) == told(trials[UNCUT]), trial
    figures(f"{len(CUTS)} cuts of {len(one_order)} messages give the same {len(trials[UNCUT])} rows")


@pytest.mark.parametrize(
    ("trial", "batches"), [*((one, 1) for one in TOGETHER), *((one, 2) for one in SPREAD)]
)
def test_files_of_one_order_of_arrival_give_the_same_rows(trials, trial, batches):
    rows = trials[trial]
    assert len({row["partition"] for row in rows}) == FILES[trial]
    assert len({row["batch_id"] for row in rows}) == batches
    assert told(rows) == told(trials[UNCUT])


@pytest.mark.parametrize("trial", FILES)
def test_messages_land_in_the_order_of_arrival_however_many_files_they_are_in(spark, home, one_order, trial):
    raw = read_table(spark, settings().table("raw", "payments"))
    landed = raw.where(F.col("partition").contains(f"/{trial}/")).orderBy("seq").select("payload").collect()
    assert [bytes(row["payload"]) for row in landed] == own_messages(trial, one_order)


def test_every_message_of_every_order_is_in_the_books(spark, home):
    (books,) = balance(spark, ["payments"])
    assert (books.scored, books.pending, books.balanced) == (EVENTS * len([*CUTS, *ORDERS, *FILES]), 0, True)
    assert books.quarantined == books.duplicates > len(ORDERS)


def test_twenty_orders_of_arrival_give_the_same_events(trials):
    for trial in ORDERS:
        assert events_of(trials[trial]) == events_of(trials[IN_ORDER]), trial


def test_twenty_orders_of_arrival_give_the_same_marts_of_counts(home, trials):
    build_marts()
    with connect_marts() as marts:
        happened = marts.execute(
            "select minute, event_type, sum(decisions) from decisions_per_minute group by all"
        ).fetchall()
        came = marts.execute(
            "select minute, event_type, scored from pipeline_health_per_minute where scored > 0"
        ).fetchall()
    by_time, by_arrival = counts_of(happened, START, APART), counts_of(came, RECEIVED, timedelta(minutes=1))
    assert sum(count for *_, count in by_time[IN_ORDER]) == EVENTS
    for counts in (by_time, by_arrival):
        assert [counts[trial] == counts[IN_ORDER] for trial in ORDERS] == [True] * len(ORDERS)


def counts_of(rows, start, apart):
    """(minute, event_type, count) of all trials -> trial -> its own, by how long after its start they were."""
    found = {}
    for minute, *count in rows:
        trial, since = divmod(minute.replace(tzinfo=UTC) - start, apart)
        found.setdefault(trial, []).append((since, *count))
    return {trial: sorted(counts) for trial, counts in found.items()}


def test_every_feature_of_every_order_is_what_its_definition_says(trials):
    features, keys = load_pack("payments").features, feature_keys()
    for trial in [UNCUT, *ORDERS]:
        rows = trials[trial]
        expected = [features_of(row, related(row, rows, keys), features, holds) for row in rows]
        assert [{name: row[name] for name in expected[0]} for row in rows] == expected, trial


def test_a_decision_differs_between_orders_only_where_another_history_had_arrived(trials, figures):
    keys = feature_keys()
    decided = ["score", "reasons", *(feature.name for feature in load_pack("payments").features)]
    in_order = {without_own(row["event_id"]): row for row in trials[IN_ORDER]}
    differ, explained = 0, 0
    for trial in ORDERS[1:5]:
        for row in trials[trial]:
            other = in_order[without_own(row["event_id"])]
            is_same = [row[name] for name in decided] == [other[name] for name in decided]
            is_known = history(row, trials[trial], keys) == history(other, trials[IN_ORDER], keys)
            assert is_same or not is_known, row
            differ, explained = differ + (not is_same), explained + is_known
    # both are there, so the rule was put to the test
    assert min(differ, explained) > EVENTS / 2
    figures(
        f"{differ} decisions differ between orders, each by what had arrived; {explained} had the same history"
    )
