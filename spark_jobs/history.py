"""The part of scored/<domain> that can matter to a batch's features, and no more rows than it takes to tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.feature_rows import addends, condition, conditions, has_key, identities, micros
from spark_jobs.key_groups import KeyGroup, key_groups
from spark_jobs.key_windows import ADDITIVE
from spark_jobs.layers import Layer, Transform, quoted, with_layers
from weir.feature import Feature

# one event more or less, or a moment earlier or later, changes what these find
ONE_BY_ONE = ("previous", "session_count", "session_seconds")


def history_for(scored: DataFrame, batch: DataFrame, features: Sequence[Feature]) -> DataFrame:
    """Scored rows, a batch's events -> the days of them that its features can depend on, in the batch's columns.

    One small job finds the batch's earliest time, so that whole partitions of `event_date` are never read;
    `with_features` leaves out the keys that the batch has not.
    """
    longest = max(group.span for group in key_groups(features))
    columns = [name for name in batch.columns if name in scored.columns]
    first = batch.agg(F.min("occurred_at")).head()
    if first is None or first[0] is None:
        return scored.select(*columns).limit(0)
    return scored.where(F.col("event_date") >= F.lit((first[0] - longest).date())).select(*columns)


def to_merged(groups: Sequence[KeyGroup], batch: DataFrame) -> Transform:
    """Feature rows of the history -> those that can matter to the batch's rows, merged where it sees no difference.

    A row matters to a key of the batch when it is younger than the group's span before the key's first event.
    Rows that come before all of the key's events, and lie in the same windows of all of them, are merged
    into one of their summed `weight` and latest `at` when all that features ask of them is alike.
    """
    features = [feature for group in groups for feature in group.features]
    alike = [*identities(features), *conditions(features), *(f"{group.name}_zone" for group in groups)]
    layers = [
        Layer({f"{group.name}_matters": _matters(group) for group in groups}),
        Layer({**_zones(groups), **_exact(groups), **_masked(groups)}, without=_replaced(features)),
    ]

    def transform(history: DataFrame) -> DataFrame:
        matching = _with_bounds(history, batch, groups).transform(with_layers(layers[:1]))
        kept = matching.where(" or ".join(f"{group.name}_matters" for group in groups))
        exact = ("exact_seq", "exact_part")
        sums = [F.sum(name).alias(name) for name in addends(features)]
        merged = kept.transform(with_layers(layers[1:])).groupBy(*alike, *exact)
        return merged.agg(F.max("at").alias("at"), F.max("seq").alias("last_seq"), *sums).selectExpr(
            "at",
            "coalesce(exact_seq, last_seq) as seq",
            "coalesce(exact_part, 0) as part",
            "false as in_batch",
            *addends(features),
            *identities(features),
            *conditions(features),
        )

    return transform


def _with_bounds(history: DataFrame, batch: DataFrame, groups: Sequence[KeyGroup]) -> DataFrame:
    """Add the first and last time of each key in the batch; null where the batch has not the key."""
    bounds, joins, hints = [], [], []
    for group in groups:
        name, keys = group.name, quoted(group.root)
        on = " and ".join(f"history.`{key}` = {name}.`{key}`" for key in group.root)
        of_keys = f"select {keys}, min(at) as first, max(at) as last from {{batch}}"
        joins.append(f"left join ({of_keys} where {has_key(group.root)} group by {keys}) as `{name}` on {on}")
        bounds.append(f"`{name}`.first as {name}_first, `{name}`.last as {name}_last")
        hints.append(f"`{name}`")
    text = f"select /*+ broadcast({', '.join(hints)}) */ history.*, {', '.join(bounds)} from {{history}} as history"
    return history.sparkSession.sql(f"{text} {' '.join(joins)}", history=history, batch=batch)


def _matters(group: KeyGroup) -> str:
    return f"coalesce(at > {group.name}_first - {micros(group.span)}, false)"


def _zones(groups: Iterable[KeyGroup]) -> dict[str, str]:
    """How many of the group's windows, ending at the key's last event, hold the row; null when it is not needed."""
    zones = {}
    for group in groups:
        inside = [f"int(at > {group.name}_last - {span})" for span in _windows(group)]
        zones[f"{group.name}_zone"] = f"if({group.name}_matters, {' + '.join(inside)}, null)"
    return zones


def _exact(groups: Iterable[KeyGroup]) -> dict[str, str]:
    """The row's own id where it cannot be merged: it is in the windows of some of the key's events only."""
    reasons = []
    for group in groups:
        first, last = f"{group.name}_first", f"{group.name}_last"
        differs = [f"(at > {first} - {span} and at <= {last} - {span})" for span in _windows(group)]
        differs += [
            f"at > {first} - {micros(feature.span)}"
            for feature in group.features
            if feature.kind in ONE_BY_ONE
        ]
        reasons.append(f"({group.name}_matters and ({' or '.join(differs)}))")
    alone = " or ".join(reasons)
    return {"exact_seq": f"if({alone}, seq, null)", "exact_part": f"if({alone}, part, null)"}


def _masked(groups: Sequence[KeyGroup]) -> dict[str, str]:
    """What features compare, kept only for the groups that the row matters to, so that more rows are alike."""
    masked: dict[str, str] = {}
    features = [feature for group in groups for feature in group.features]
    for name in identities(features):
        users = [group for group in groups if name in identities(group.features)]
        masked[name] = f"if({_matters_to_any(users)}, `{name}`, null)"
    for name in conditions(features):
        users = [group for group in groups if name in map(condition, group.features)]
        masked[name] = f"({_matters_to_any(users)}) and `{name}`"
    return masked


def _matters_to_any(groups: Iterable[KeyGroup]) -> str:
    return " or ".join(f"{group.name}_matters" for group in groups)


def _replaced(features: Sequence[Feature]) -> list[str]:
    return [*identities(features), *conditions(features)]


def _windows(group: KeyGroup) -> list[str]:
    """The lengths at which a window of one of the key's events may begin; 0 is the event itself."""
    spans = {feature.span for feature in group.features if feature.kind in ADDITIVE}
    return ["0L", *(micros(span) for span in sorted(spans))]
