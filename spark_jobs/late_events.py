"""Events that arrived late, and what they must not change for the events that had overtaken them.

Windows run in the order of time, so they also count an event that came later than the one it is counted for.
Such pairs exist only inside a batch: all of the history had arrived before it.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.feature_rows import ROW_ID, condition, has_key, micros
from spark_jobs.frames import (
    all_of,
    arrived_before_this,
    arrived_up_to_this,
    before_this,
    in_arrival_order,
)
from spark_jobs.key_groups import KeyGroup
from spark_jobs.key_windows import found_columns, windows_of
from spark_jobs.layers import Layer, Transform, quoted, with_layers

ARRIVAL = f"struct({quoted(ROW_ID)})"


def overtaken(group: KeyGroup) -> str:
    """The column that tells whether an event of the same key that is earlier in time arrived later."""
    return f"{group.name}_overtaken"


def late_for_history(group: KeyGroup) -> str:
    """The column that tells whether the history holds an event of the same key that is later in time."""
    return f"{group.name}_late"


def disorder(group: KeyGroup, has_history: bool) -> dict[str, str]:
    """Both columns' SQL; they are false for rows without the key, and for history."""
    latest_arrival = f"max({ARRIVAL}) {before_this(group.partition)}"
    latest_history = f"max(if(in_batch, null, at)) {all_of(group.partition)}"
    asked = f"in_batch and {has_key(group.root)}"
    return {
        overtaken(group): f"coalesce({asked} and {latest_arrival} > {ARRIVAL}, false)",
        late_for_history(group): f"coalesce({asked} and {latest_history} > at, false)"
        if has_history
        else "false",
    }


def filter_disordered(group: KeyGroup) -> Transform:
    """Computed rows -> the batch's events that are late or were overtaken within it, numbered by `run`.

    A run is a stretch of arrivals of one key in the order of time: of two events the one that is earlier in
    time had not arrived for the other exactly when its run is higher.
    `latest_run`: the highest run among the events earlier in time.
    """
    partition = group.partition
    steps = [
        Layer(
            {
                "is_late": f"coalesce(max(at) {arrived_before_this(partition)} > at, false)",
                "turns_back": f"coalesce(lag(at) {in_arrival_order(partition)} > at, false)",
            }
        ),
        Layer({"run": f"count_if(turns_back) {arrived_up_to_this(partition)}"}),
        Layer({"latest_run": f"coalesce(max(run) {before_this(partition)}, 0L)"}),
        Layer({"is_overtaken": "latest_run > run"}, without=["turns_back"]),
    ]

    def transform(computed: DataFrame) -> DataFrame:
        batch = computed.where("in_batch")
        keys = batch.where(overtaken(group)).select(*partition).distinct()
        rows = batch.join(keys, [*partition], "left_semi")
        return rows.transform(with_layers(steps)).where("is_late or is_overtaken")

    return transform


def to_unseen_totals(group: KeyGroup) -> Transform:
    """Disordered rows -> for each overtaken event (seq, part) what its totals hold of events it had not seen.

    A late event of run s is unseen by an event of run r < s. For every bit of the run number, the rows that
    agree on the higher bits form a node: there, the late events with the bit set are unseen by all overtaken
    ones without it. Every pair meets in exactly one node, at the highest bit in which r and s differ, so the
    work grows with n log n, never with the number of pairs.
    """
    partition = [*group.partition, "level", "node"]
    holds = sorted({condition(feature) for feature in group.features})
    only_unseen = Layer({name: f"`{name}` and is_unseen" for name in holds}, without=holds)
    names = found_columns(group.features)

    def transform(disordered: DataFrame) -> DataFrame:
        nodes = disordered.drop(*names).transform(_explode_nodes)
        totals = nodes.transform(with_layers([only_unseen, *windows_of(group, partition)]))
        return (
            totals.where("not is_unseen").groupBy(*ROW_ID).agg(*(F.sum(name).alias(name) for name in names))
        )

    return transform


def to_retold(group: KeyGroup, disordered: DataFrame) -> Transform:
    """Computed rows -> for each overtaken event (seq, part) the group's features, computed anew.

    The overtaken events of one run had seen the same late ones, so each run is told on its own, from what had
    arrived by then.
    """
    names = found_columns(group.features)

    def transform(computed: DataFrame) -> DataFrame:
        asking = disordered.where("is_overtaken")
        runs = asking.groupBy(*group.partition, "run").agg(
            F.min("at").alias("first_at"),
            F.max("at").alias("last_at"),
            F.max(F.expr(ARRIVAL)).alias("last_arrival"),
        )
        return (
            computed.drop(*names)
            .join(runs, [*group.partition])
            .where(f"at > first_at - {micros(group.span)} and at <= last_at and {ARRIVAL} <= last_arrival")
            .transform(with_layers(windows_of(group, [*group.partition, "run"])))
            .join(asking.select(*ROW_ID, "run"), [*ROW_ID, "run"], "left_semi")
            .select(*ROW_ID, *names)
        )

    return transform


def _explode_nodes(disordered: DataFrame) -> DataFrame:
    return (
        disordered.selectExpr("*", "explode(sequence(0, int(log2(greatest(run, latest_run, 1))))) as level")
        .selectExpr("*", "shiftright(run, level) | 1 as node", "shiftright(run, level) & 1 = 1 as is_unseen")
        .where("(is_unseen and is_late) or (not is_unseen and is_overtaken)")
    )
