"""What came before and how often it was new: distinct values, first sightings, the previous event."""

from __future__ import annotations

from collections.abc import Sequence

from spark_jobs.feature_rows import condition, micros
from spark_jobs.frames import before_this, in_time_order
from spark_jobs.running_totals import Term
from weir.feature import Feature


def distinct_marks(feature: Feature, partition: Sequence[str]) -> dict[str, str]:
    """The rows of a distinct count where a value begins to count, and those after which it ceases.

    A value counts from its occurrence until `span` later or its next occurrence, whichever comes first: it
    begins where the occurrence before is too old, and ceases where the next one comes too late.
    """
    alike = in_time_order([*partition, str(feature.value), condition(feature)])
    counts, span = f"{condition(feature)} and `{feature.value}` is not null", micros(feature.span)
    return {
        f"{feature.name}_begins": f"if({counts} and coalesce(at - lag(at) {alike} >= {span}, true), 1L, 0L)",
        f"{feature.name}_ceases": f"if({counts} and coalesce(lead(at) {alike} - at >= {span}, true), 1L, 0L)",
    }


def distinct_term(feature: Feature) -> Term:
    """A distinct count as the total of its marks."""
    begins, ceases = f"{feature.name}_begins", f"{feature.name}_ceases"
    return Term(feature.name, f"total_{feature.name}", feature.span, f"`{begins}`", f"`{ceases}`")


def first_seen(feature: Feature, partition: Sequence[str]) -> dict[str, str]:
    """Whether the row's value was not seen within the feature's span before."""
    seen_at = f"max({_counted_at(feature)}) {before_this([*partition, str(feature.value)])}"
    fresh = f"coalesce(at - {seen_at} >= {micros(feature.span)}, true)"
    return {feature.name: f"if(`{feature.value}` is not null, {fresh}, null)"}


def previous_event(feature: Feature, partition: Sequence[str]) -> dict[str, str]:
    """When the event before came, and for `previous` the value it carried."""
    found = {f"{feature.name}_at": f"max({_counted_at(feature)}) {before_this(partition)}"}
    if feature.kind == "previous":
        value = f"if({condition(feature)}, `{feature.value}`, null)"
        found[f"{feature.name}_value"] = f"last({value}, true) {before_this(partition)}"
    return found


def previous(feature: Feature) -> dict[str, str]:
    """The seconds since the event before, or its value; null when it is older than the feature's span."""
    since = f"(at - {feature.name}_at)"
    answer = f"{since} div 1000000" if feature.kind == "seconds_since_previous" else f"{feature.name}_value"
    return {feature.name: f"if({since} < {micros(feature.span)}, {answer}, null)"}


def _counted_at(feature: Feature) -> str:
    has_value = f" and `{feature.value}` is not null" if feature.kind == "previous" else ""
    return f"if({condition(feature)}{has_value}, at, null)"
