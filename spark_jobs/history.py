"""The part of scored/<domain> that can matter to a batch's features, in no more rows than it takes to tell."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.feature_rows import addends, conditions, has_key, micros
from spark_jobs.key_groups import KeyGroup
from spark_jobs.key_windows import ADDITIVE
from spark_jobs.layers import Layer, Transform, quoted, with_layers
from weir.feature import Feature


def history_for(scored: DataFrame, batch: DataFrame, features: Sequence[Feature]) -> DataFrame:
    """Scored rows, a batch's events -> the days of them that its features can depend on, in the batch's columns.

    One small job finds the batch's earliest time, so that whole partitions of `event_date` are never read;
    `with_features` leaves out the keys that the batch has not. Later days stay: they tell what is late.
    """
    columns = [name for name in batch.columns if name in scored.columns]
    first = batch.agg(F.min("occurred_at")).head()
    if not features or first is None or first[0] is None:
        return scored.select(*columns).limit(0)
    longest = max(feature.span for feature in features)
    return scored.where(F.col("event_date") >= F.lit((first[0] - longest).date())).select(*columns)


def to_history_rows(groups: Sequence[KeyGroup], batch: DataFrame) -> Transform:
    """Feature rows of the history -> those that matter to the batch's feature rows, with their groups' hashes.

    A row matters to a key of the batch when it is younger than the group's span before the key's first event.
    Where it does not matter the group's hash is null, so that no window of that group finds it.
    """
    merged = [group for group in groups if _adds_up(group)]
    others = [group for group in groups if not _adds_up(group)]

    def transform(history: DataFrame) -> DataFrame:
        parts = [history.transform(_to_merged(group, batch)) for group in merged]
        parts += [history.transform(_filter_matching(others, batch))] if others else []
        rows = parts[0]
        for part in parts[1:]:
            rows = rows.unionByName(part, allowMissingColumns=True)
        return rows

    return transform


def _adds_up(group: KeyGroup) -> bool:
    return all(feature.kind in ADDITIVE for feature in group.features)


def _filter_matching(groups: Sequence[KeyGroup], batch: DataFrame) -> Transform:
    """Keep the rows that matter to a key of any of the groups."""
    hashes = {group.hash: f"if({_matters(group)}, xxhash64({quoted(group.root)}), null)" for group in groups}
    without = [bound for group in groups for bound in (_first(group), _last(group))]

    def transform(history: DataFrame) -> DataFrame:
        matching = _with_bounds(history, batch, groups).where(" or ".join(map(_matters, groups)))
        return matching.transform(with_layers([Layer(hashes, without=without)]))

    return transform


def _to_merged(group: KeyGroup, batch: DataFrame) -> Transform:
    """Merge the rows that lie in the same windows of all of a key's events: only their sums are asked for.

    A merged row has the summed `weight` and the latest `at`; a popular merchant's week becomes a few rows.
    """
    keys = sorted({column for feature in group.features for column in feature.key})
    alike = [*keys, *conditions(group.features)]
    sums = [F.sum(name).alias(name) for name in addends(group.features)]

    def transform(history: DataFrame) -> DataFrame:
        matching = _with_bounds(history, batch, [group]).where(_matters(group))
        merged = matching.transform(with_layers([_places(group)])).groupBy(
            *alike, "zone", "own_seq", "own_part"
        )
        return merged.agg(F.max("at").alias("at"), F.max("seq").alias("seq"), *sums).selectExpr(
            "at",
            "seq",
            "coalesce(own_part, 0) as part",
            "false as in_batch",
            *addends(group.features),
            *(f"`{name}`" for name in alike),
            f"xxhash64({quoted(group.root)}) as `{group.hash}`",
        )

    return transform


def _with_bounds(history: DataFrame, batch: DataFrame, groups: Sequence[KeyGroup]) -> DataFrame:
    """Add the first and last time of the row's keys in the batch; null where the batch has not the key."""
    joins, bounds = [], []
    for group in groups:
        keys, name = quoted(group.root), f"`{group.name}`"
        on = " and ".join(f"history.`{key}` = {name}.`{key}`" for key in group.root)
        of_key = f"select {keys}, min(at) as first, max(at) as last from {{batch}}"
        joins.append(f"left join ({of_key} where {has_key(group.root)} group by {keys}) as {name} on {on}")
        bounds.append(f"{name}.first as `{_first(group)}`, {name}.last as `{_last(group)}`")
    hint = f"/*+ broadcast({quoted(group.name for group in groups)}) */"
    text = f"select {hint} history.*, {', '.join(bounds)} from {{history}} as history {' '.join(joins)}"
    return history.sparkSession.sql(text, history=history, batch=batch)


def _first(group: KeyGroup) -> str:
    return f"{group.name}_first"


def _last(group: KeyGroup) -> str:
    return f"{group.name}_last"


def _matters(group: KeyGroup) -> str:
    return f"coalesce(at > `{_first(group)}` - {micros(group.span)}, false)"


def _places(group: KeyGroup) -> Layer:
    """`zone`: how many of the windows that end at the key's last event hold the row. A row that only some of the
    key's events hold, in any window, keeps its own id; 0 is the window of the event itself.
    """
    first, last = f"`{_first(group)}`", f"`{_last(group)}`"
    spans = ["0L", *(micros(span) for span in sorted({feature.span for feature in group.features}))]
    inside = " + ".join(f"int(at > {last} - {span})" for span in spans)
    differs = " or ".join(f"(at > {first} - {span} and at <= {last} - {span})" for span in spans)
    own = {f"own_{name}": f"if({differs}, {name}, null)" for name in ("seq", "part")}
    return Layer({"zone": inside, **own}, without=[_first(group), _last(group)])
