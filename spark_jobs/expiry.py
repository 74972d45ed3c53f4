"""Messages that were received too long ago -> gone, with all that came of them, from every table of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from math import ceil

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.lake import delete_matching, delete_where
from spark_jobs.persisted import persisted
from spark_jobs.removal import ZONES, Removed, at_rest, held_tables, keep_next_numbers, keep_removal, purge
from weir.error import WeirError
from weir.pack import load_pack
from weir.settings import settings

HOLDER = "weir expire"
DAY = timedelta(days=1)
# whole partitions of raw and quarantine; of scored the days of events do not say when their messages came
CONDITIONS = {
    "raw": "received_date < date'{day}'",
    "quarantine": "received_date < date'{day}'",
    "scored": "received_at < timestamp'{day} 00:00:00Z'",
    "replayed": "received_at < timestamp'{day} 00:00:00Z'",
}


def first_day_kept(domain: str, days: int, today: date | None = None) -> date:
    """How many days to keep -> the first day of arrival that stays. Raises WeirError when features need more."""
    feature = max(load_pack(domain).features, key=lambda feature: feature.span, default=None)
    needed = ceil(feature.span / DAY) if feature else 1
    if days < needed:
        raise WeirError(
            f"--keep {days}d: {domain} looks back {needed} days for {feature.name if feature else 'an event'};"
            f" keep {needed}d or more"
        )
    return (today or datetime.now(UTC).date()) - days * DAY


def find_expired(spark: SparkSession, domain: str, day: date) -> dict[str, int]:
    """Zone -> how many rows of messages received before the day; nothing is written."""
    return _count(held_tables(spark, domain), day)


def expire(spark: SparkSession, domain: str, day: date) -> Removed:
    """Settle what is pending, remove what was received before the day, and purge the tables.

    A message goes with all its parts or stays with them. Run again, it finishes what was begun. Raises LeaseHeld.
    """
    with at_rest(spark, domain, HOLDER):
        tables = held_tables(spark, domain)
        removed = Removed(domain, "expiry", f"received before {day}", _count(tables, day))
        keep_next_numbers(spark, domain)
        keep_removal(spark, removed)
        with persisted(_labels(tables, day)) as labels:
            for zone in (zone for zone in ZONES if removed.rows.get(zone)):
                _delete(spark, domain, zone, day, labels)
        purge(spark, domain)
    return removed


def _delete(spark: SparkSession, domain: str, zone: str, day: date, labels: DataFrame) -> None:
    path = settings().table(zone, domain)
    if zone == "labels":
        delete_matching(path, labels, "held.event_id = gone.event_id")
    else:
        delete_where(spark, path, CONDITIONS[zone].format(day=day))


def _count(tables: Mapping[str, DataFrame], day: date) -> dict[str, int]:
    counts = {
        zone: tables[zone].where(condition.format(day=day)).count()
        for zone, condition in CONDITIONS.items()
        if zone in tables
    }
    if "labels" in tables:
        counts["labels"] = tables["labels"].join(_labels(tables, day), "event_id", "left_semi").count()
    return counts


def _labels(tables: Mapping[str, DataFrame], day: date) -> DataFrame:
    """Ids of the events that only expired messages told of."""
    expired = CONDITIONS["scored"].format(day=day)
    taken, rest = (
        tables["scored"].where(which).select("event_id") for which in (expired, f"not ({expired})")
    )
    return taken.distinct().join(rest, "event_id", "left_anti")
