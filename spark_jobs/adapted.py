"""Foreign payloads as a stream would read and judge them, without landing them: for a look before, or for a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.judged import judged
from spark_jobs.raw import with_receipt
from spark_jobs.sources.files import plan_batch, read_batch
from spark_jobs.sources.manifest import Admitted
from spark_jobs.sources.parquet_rows import ParquetFile
from weir.contract import Contract
from weir.mapping import AS_JSON, ColumnMapping, with_schema

PLACE = ("source", "partition", "position", "part")


def adapted(
    spark: SparkSession,
    contract: Contract,
    files: Iterable[Path],
    form: str = "json",
    mapping: ColumnMapping | None = None,
) -> DataFrame:
    """Files -> a row each message part, in order: `is_event`, and `line`, a JSON object.

    An event has the contract's columns, without those that are null, decimals as strings; a reject has
    `reason`, `detail` and where it stands. Raises PackError when a Parquet file lacks a mapped column.
    """
    known = {mapping.hash: mapping} if mapping else {}
    batch = plan_batch((_entry(file, form, mapping) for file in files), 0)
    raw = read_batch(spark, batch, lambda file, schema: _with_types(known, file, schema))
    rows = raw.transform(with_receipt(datetime.now(UTC), 0)).transform(judged(contract, known))
    is_event = F.col("reason").isNull()
    line = F.when(is_event, F.to_json(_event(contract), AS_JSON)).otherwise(F.to_json(_reject()))
    # sorting reads its rows twice, and parsing once is enough
    return (
        rows.select(is_event.alias("is_event"), line.alias("line"), "seq", "part")
        .persist()
        .orderBy("seq", "part")
        .select("is_event", "line")
    )


def _entry(file: Path, form: str, mapping: ColumnMapping | None) -> Admitted:
    place = file.resolve()
    size = place.stat().st_size
    return Admitted(0, str(place.parent), place.name, size, 0, "", form, mapping.hash if mapping else None)


def _with_types(known: dict[str, ColumnMapping], file: ParquetFile, schema: str) -> str | None:
    """Add the mapping as it reads Parquet of this schema -> its hash."""
    if file.entry.mapping is None:
        return None
    typed = with_schema(known[file.entry.mapping], schema, file.schema.names, str(file.entry.file))
    known[typed.hash] = typed
    return typed.hash


def _event(contract: Contract) -> Column:
    return F.struct(*(_value(column.name, contract.event_types) for column in contract.columns))


def _value(name: str, types: Mapping[str, str]) -> Column:
    # a JSON number of more than 15 digits is another one to most readers
    return F.col(name).cast("string").alias(name) if types[name].startswith("decimal") else F.col(name)


def _reject() -> Column:
    return F.struct("reason", "detail", *PLACE)
