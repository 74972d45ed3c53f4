"""raw/<domain>: one message as it was received. Nothing here looks into a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import append_once, create_table, last_batch, read_table, table_property
from spark_jobs.mapping import keep_mapping, kept_mappings
from spark_jobs.sources.files import Batch, plan_batch, read_batch, without_broken
from spark_jobs.sources.manifest import Admitted, Manifest, has_changed, stat_of
from spark_jobs.sources.parquet_rows import ParquetFile
from spark_jobs.sources.store import Store
from weir.located import PackError
from weir.mapping import with_schema
from weir.settings import settings
from weir.tables import MAPPING, RAW

PARTITION_BY = "received_date"
# a property of the table, set before its newest messages are removed
NEXT_SEQ = "weir.nextSeq"


def create_raw(spark: SparkSession, domain: str) -> None:
    """Make raw/<domain> and the mapping/<domain> that it names, when they are not there."""
    create_table(spark, settings().table("raw", domain), RAW, PARTITION_BY)
    create_table(spark, settings().table("mapping", domain), MAPPING)


@dataclass(frozen=True, slots=True)
class Landing:
    """The `foreachBatch` of raw/<domain> from files: the paths of a batch -> its messages, appended once.

    landed: grows by each path whose messages this object appended.
    """

    spark: SparkSession
    domain: str
    query: str
    manifest: str
    landed: list[str] = field(default_factory=list)

    def __call__(self, paths: DataFrame, batch_id: int) -> None:
        raw = settings().table("raw", self.domain)
        done = last_batch(self.spark, raw, self.query)
        if done is not None and batch_id <= done:
            return
        admitted = [Admitted(**row.asDict()) for row in paths.orderBy("ordinal").collect()]
        # what was admitted before is not asked for, and grows with every batch
        entries = list(_unchanged(admitted, Manifest(Store.at(self.manifest))))
        batch = plan_batch(entries, next_seq(self.spark, raw))
        try:
            self._append(batch, raw, batch_id)
        except Exception:  # a task's failure comes as one of several kinds
            readable = without_broken(self.spark, batch)
            if readable == batch:
                raise
            self._append(readable, raw, batch_id)
        self.landed.extend(entry.path for entry in entries)

    def _append(self, batch: Batch, raw: str, batch_id: int) -> None:
        rows = read_batch(self.spark, batch, self._mapping_of)
        append_once(rows.transform(with_receipt(datetime.now(UTC), batch_id)), raw, self.query, batch_id)

    def _mapping_of(self, file: ParquetFile, schema: str) -> str | None:
        if file.entry.mapping is None:
            return None
        mappings = settings().table("mapping", self.domain)
        mapping = kept_mappings(self.spark, mappings)[file.entry.mapping]
        try:
            return keep_mapping(self.spark, mappings, with_schema(mapping, schema, file.schema.names))
        except PackError:
            # one odd file must not stop the others: its rows are judged by the mapping as it is, and refused
            return file.entry.mapping


def with_receipt(received_at: datetime, batch_id: int) -> Callable[[DataFrame], DataFrame]:
    """Add when and in which batch the messages were received -> rows of raw/<domain>."""
    stamps = {
        "received_at": F.lit(received_at),
        "received_date": F.lit(received_at.astimezone(UTC).date()),
        "batch_id": F.lit(batch_id).cast("bigint"),
    }
    return lambda messages: messages.withColumns(stamps).select(*RAW)


def next_seq(spark: SparkSession, raw: str) -> int:
    """The `seq` behind all that have landed. Only who holds the domain's lease may ask."""
    newest = read_table(spark, raw).agg(F.max("seq").alias("seq")).collect()[0]["seq"]
    return max(0 if newest is None else newest + 1, int(table_property(spark, raw, NEXT_SEQ) or 0))


def _unchanged(entries: list[Admitted], manifest: Manifest) -> Iterator[Admitted]:
    """The files that are still as they were admitted; the others' admissions are taken back."""
    void = manifest.void()
    for entry in entries:
        now = stat_of(entry)
        if entry.ordinal in void:
            continue
        if now and has_changed(entry, now):
            manifest.make_void(entry.ordinal)
        else:
            yield entry
