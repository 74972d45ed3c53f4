"""Admitted files -> the rows of one batch of raw/<domain>, in one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import ddl
from spark_jobs.layers import Transform
from spark_jobs.sources import parquet_rows
from spark_jobs.sources.manifest import Admitted
from spark_jobs.sources.parquet_rows import ParquetFile
from spark_jobs.sources.read import SCHEMA, read_split
from spark_jobs.sources.split import TASK_BYTES, Split, as_split, pieces, span_of, tasks
from weir.tables import RAW

# a task's, of which it makes about four times as much JSON
PARQUET_BYTES = TASK_BYTES // 4
MappingOf = Callable[[ParquetFile, str], str | None]


@dataclass(frozen=True, slots=True)
class Batch:
    """The files of one batch, each with its first `seq`: those read as bytes (or not at all), and Parquet."""

    splits: tuple[Split, ...] = ()
    parquet: tuple[ParquetFile, ...] = ()


@dataclass(slots=True)
class _Plan:
    next_seq: int
    splits: list[Split] = field(default_factory=list)
    parquet: list[ParquetFile] = field(default_factory=list)

    def add(self, entry: Admitted) -> None:
        footer = parquet_rows.read_footer(entry) if entry.format == "parquet" else None
        if isinstance(footer, ParquetFile):
            self.parquet.append(replace(footer, first_seq=self.next_seq))
            self.next_seq += footer.rows + 1
            return
        split = as_split(entry, self.next_seq)
        self.splits.append(replace(split, fault=footer or split.fault))
        self.next_seq += span_of(entry)


def plan_batch(entries: Iterable[Admitted], first_seq: int) -> Batch:
    """Files in order of arrival -> what to read; `seq` rises with the file and, within it, the position."""
    plan = _Plan(first_seq)
    for entry in entries:
        plan.add(entry)
    return Batch(tuple(plan.splits), tuple(plan.parquet))


def without_broken(spark: SparkSession, batch: Batch) -> Batch:
    """A batch that failed -> the same, with each broken Parquet file as one message that says so."""
    faults = [(file, parquet_rows.fault_of(spark, file)) for file in batch.parquet]
    broken = [Split(file.entry, file.first_seq, fault=fault) for file, fault in faults if fault]
    return Batch((*batch.splits, *broken), tuple(file for file, fault in faults if not fault))


def read_batch(spark: SparkSession, batch: Batch, mapping_of: MappingOf) -> DataFrame:
    """A batch -> source, partition, position, payload, format, mapping, seq.

    mapping_of: a Parquet file and the DDL of its columns -> the hash of the mapping to name in its rows.
    """
    frames = [_read_splits(spark, batch.splits)] if batch.splits or not batch.parquet else []
    for group in parquet_rows.by_schema(batch.parquet):
        rows = parquet_rows.read_rows(spark, group)
        mapping = mapping_of(group[0], parquet_rows.schema_of(rows))
        frames.append(parquet_rows.as_messages(rows, group, mapping))
    rows = reduce(DataFrame.unionByName, frames)
    return rows.transform(_in_order(batch)) if batch.parquet else rows


def _in_order(batch: Batch) -> Transform:
    """Rows of Parquet, which Spark reads the largest file first -> the same, each task's `seq` behind the one before.

    Who takes only some files of the commit takes the first ones, and has to get what came first.
    """
    if len(batch.splits) + len(batch.parquet) == 1:
        return lambda rows: rows
    count = -(-sum(file.entry.size for file in batch.parquet) // PARQUET_BYTES)
    if count <= 1:
        return lambda rows: rows.coalesce(1)
    first = min(file.first_seq for file in batch.parquet)
    behind = max(file.first_seq + file.rows + 1 for file in batch.parquet)
    # a file that cannot be read may be outside, before or behind them
    task = f"int(least(greatest((seq - {first}L) * {count} div {behind - first}L, 0), {count - 1}))"
    return lambda rows: rows.repartitionById(count, F.expr(task))


def _read_splits(spark: SparkSession, splits: Iterable[Split]) -> DataFrame:
    schema = ddl({name: RAW[name] for name in SCHEMA.names})
    work = tasks(piece for split in splits for piece in pieces(split))

    def read(numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                for split in work[number]:
                    yield from read_split(split)

    return spark.range(0, len(work), 1, max(len(work), 1)).mapInArrow(read, schema)
