"""Events that arrived late: what they change for the events that had overtaken them.

Windows run in the order of time, so they also count an event that came later than the one it is counted for. Such pairs
exist only inside a batch, since all of the history arrived before it.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_jobs.feature_rows import ROW_ID, condition, has_key, micros
from spark_jobs.key_groups import KeyGroup
from spark_jobs.key_windows import additive_terms, other_names, with_others
from spark_jobs.running_totals import Transform, before_this, with_totals

ARRIVAL_ORDER = ROW_ID


def overtaken(group: KeyGroup) -> str:
    """The column that tells whether an event of the same key that is earlier in time arrived later."""
    return f"{group.name}_overtaken"


def late_for_history(group: KeyGroup) -> str:
    """The column that tells whether the history holds an event of the same key that is later in time."""
    return f"{group.name}_late"


def with_disorder(group: KeyGroup) -> Transform:
    """Add `overtaken` and `late_for_history` of one key group."""
    arrival, everything = F.struct(*ARRIVAL_ORDER), Window.partitionBy(*group.partition)
    latest_arrival = F.max(arrival).over(before_this(group.partition))
    latest_history = F.max(F.when(~F.col("in_batch"), F.col("at"))).over(everything)

    def known(value: Column) -> Column:
        return F.coalesce(value & F.col("in_batch") & has_key(group.root), F.lit(False))

    return lambda rows: rows.withColumns(
        {
            overtaken(group): known(latest_arrival > arrival),
            late_for_history(group): known(latest_history > F.col("at")),
        }
    )


def filter_disordered(group: KeyGroup) -> Transform:
    """Computed rows -> the batch's events that are late or were overtaken within it, numbered by `run`.

    A run is a stretch of arrivals of one key in the order of time, so of two events the earlier one is unseen by the
    later one exactly when its run is higher. `latest_run`: the highest run among the events earlier in time.
    """

    def transform(rows: DataFrame) -> DataFrame:
        batch, partition = rows.where("in_batch"), group.partition
        keys = batch.where(overtaken(group)).select(*partition).distinct()
        arrivals = Window.partitionBy(*partition).orderBy(*ARRIVAL_ORDER)
        so_far = arrivals.rowsBetween(Window.unboundedPreceding, Window.currentRow)
        before = arrivals.rowsBetween(Window.unboundedPreceding, -1)
        return (
            batch.join(keys, [*partition], "left_semi")
            .withColumns(
                {"is_late": F.max("at").over(before) > F.col("at"), "previous_at": F.lag("at").over(arrivals)}
            )
            .withColumn("run", F.count(F.when(F.col("previous_at") > F.col("at"), True)).over(so_far))
            .withColumn("latest_run", F.coalesce(F.max("run").over(before_this(partition)), F.lit(0)))
            .withColumn("is_overtaken", F.col("latest_run") > F.col("run"))
            .where("is_late or is_overtaken")
        )

    return transform


def to_unseen_totals(group: KeyGroup) -> Transform:
    """Disordered rows -> for each overtaken event (seq, part) what its counts and sums hold of events it had not seen.

    A late event in run s is unseen by an event in run r < s. For every bit of the run number, rows that agree on the
    higher bits form a node; there, late events with the bit set are unseen by all overtaken events without it, and each
    pair r < s meets in exactly one node, at the highest bit in which they differ.
    """

    def transform(disordered: DataFrame) -> DataFrame:
        nodes = disordered.transform(_explode_nodes).withColumns(_only_unseen(group))
        partition, terms = [*group.partition, "level", "node"], []
        for rest, features in group.by_key().items():
            found = additive_terms(features)
            nodes = nodes.transform(with_totals(found, [*partition, *rest]))
            terms += [term.name for term in found]
        return nodes.where("not is_unseen").groupBy(*ROW_ID).agg(*(F.sum(name).alias(name) for name in terms))

    return transform


def _explode_nodes(disordered: DataFrame) -> DataFrame:
    top = F.floor(F.log2(F.greatest("run", "latest_run", F.lit(1)))).cast("int")
    return (
        disordered.withColumn("level", F.explode(F.sequence(F.lit(0), top)))
        .withColumn("bits", F.expr("shiftright(run, level)"))
        .withColumns({"node": F.col("bits").bitwiseOR(1), "is_unseen": F.col("bits").bitwiseAND(1) == 1})
        .where("(is_unseen and is_late) or (not is_unseen and is_overtaken)")
    )


def _only_unseen(group: KeyGroup) -> dict[str, Column]:
    """The conditions, made to hold for no event but the unseen ones: those that ask add nothing themselves."""
    names = {condition(feature) for feature in group.features}
    return {name: F.col(name) & F.col("is_unseen") for name in sorted(names)}


def to_retold(group: KeyGroup, disordered: DataFrame) -> Transform:
    """Computed rows -> for each overtaken event (seq, part) its features of the other kinds, computed anew.

    The overtaken events of one run have seen the same late ones, so each run is told on its own from what had arrived.
    """

    def transform(computed: DataFrame) -> DataFrame:
        asking, arrival = disordered.where("is_overtaken"), F.struct(*ROW_ID)
        runs = asking.groupBy(*group.partition, "run").agg(
            F.min("at").alias("first_at"), F.max("at").alias("last_at"), F.max(arrival).alias("last_arrival")
        )
        seen = (F.col("at") > F.col("first_at") - micros(group.span)) & (F.col("at") <= F.col("last_at"))
        return (
            computed.drop(*other_names(group))
            .join(F.broadcast(runs), [*group.partition])
            .where(seen & (arrival <= F.col("last_arrival")))
            .transform(with_others(group, [*group.partition, "run"]))
            .join(asking.select(*ROW_ID, "run"), [*ROW_ID, "run"], "left_semi")
            .select(*ROW_ID, *other_names(group))
        )

    return transform
