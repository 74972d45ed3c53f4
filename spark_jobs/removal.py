"""What erasure and expiry share: a domain at rest, rows gone from all of its tables, and then from the disk."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.intake import Intake
from spark_jobs.labels import loading_labels
from spark_jobs.lake import append_rows, create_table, ddl, read_table, set_property, table_version
from spark_jobs.purge import cut_log, needed_by, purge_files
from spark_jobs.raw import NEXT_SEQ, next_seq
from spark_jobs.settled import NEXT_BATCH, next_batch
from spark_jobs.stream import start_scored
from spark_jobs.writing import writing
from weir.error import WeirError
from weir.settings import settings
from weir.tables import QUALITY

# the rows that tell which others have to go are the last to go, so that a run cut short can be run again
ZONES = ("labels", "replayed", "raw", "quarantine", "scored")
ERASURES = "erasures"


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal as it is kept: zone -> rows. `what` says which rows, and never whose."""

    domain: str
    kind: str
    what: str
    rows: Mapping[str, int]
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@contextmanager
def at_rest(spark: SparkSession, domain: str, holder: str) -> Iterator[None]:
    """Hold all that writes to a domain while the block runs, everything in `raw` being settled before it.

    Raises LeaseHeld when a stream or a load of labels is running.
    """
    held_tables(spark, domain)
    with writing(domain, holder), loading_labels(domain, holder):
        _settle(spark, domain)
        yield


def held_tables(spark: SparkSession, domain: str) -> dict[str, DataFrame]:
    """Zone -> the domain's table as it is now, of those that are there. Raises WeirError when it has none."""
    paths = {zone: settings().table(zone, domain) for zone in ZONES}
    tables = {
        zone: read_table(spark, path)
        for zone, path in paths.items()
        if table_version(spark, path) is not None
    }
    if not {"raw", "quarantine", "scored"} <= tables.keys():
        raise WeirError(f"{domain} has no tables, not even {paths['raw']}: there is nothing to remove")
    return tables


def keep_removal(spark: SparkSession, removed: Removed) -> None:
    """Note a removal, before its first row goes: no row goes without a note."""
    path, columns = settings().table("quality", ERASURES), QUALITY[ERASURES]
    create_table(spark, path, columns)
    noted = {"erasure_id": removed.id, "erased_at": removed.at, "domain": removed.domain}
    values = {**noted, "kind": removed.kind, "what": removed.what, **removed.rows}
    append_rows(spark.createDataFrame([tuple(values.get(name, 0) for name in columns)], ddl(columns)), path)


def keep_next_numbers(spark: SparkSession, domain: str) -> None:
    """Note where `seq` and batches go on, before the newest rows go: no number is given twice."""
    raw, scored = (settings().table(zone, domain) for zone in ("raw", "scored"))
    set_property(spark, raw, NEXT_SEQ, str(next_seq(spark, raw)))
    set_property(spark, scored, NEXT_BATCH, str(next_batch(spark, domain)))


def purge(spark: SparkSession, domain: str) -> None:
    """Take what was removed from the domain's tables off the disk. The domain is at rest."""
    newest = {zone: purge_files(spark, settings().table(zone, domain)) for zone in held_tables(spark, domain)}
    # the stream of `scored` passes over the commits that took rows away, and then needs no older ones
    _settle(spark, domain)
    needed = needed_by(spark, settings().checkpoint(f"scored/{domain}"), newest["raw"])
    for zone, version in (newest | {"raw": needed}).items():
        cut_log(spark, settings().table(zone, domain), version)


def _settle(spark: SparkSession, domain: str) -> None:
    start_scored(spark, domain, Intake(), once=True).awaitTermination()
