"""Parquet files -> messages, read natively by Spark: one JSON object a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyarrow import parquet
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_jobs.session import java_class
from spark_jobs.sources.manifest import Admitted
from spark_jobs.sources.split import is_of_the_file
from weir.mapping import AS_JSON
from weir.message import identifier

# names that no column of a file may have
FILE, ROW = "_weir_file", "_weir_row"
# how Spark says that there is no such file, which may be so on one machine, or for the moment
NOT_THERE = ("FILE_NOT_EXIST", "PATH_NOT_FOUND", "FileNotFoundException")


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file that its footer says can be read: how many rows, of which columns; `first_seq` as in Split."""

    entry: Admitted
    rows: int
    schema: pa.Schema
    first_seq: int = 0


def read_footer(entry: Admitted) -> ParquetFile | str:
    """An admitted file -> what its footer says, or why it cannot be read. Raises OSError as as_split does."""
    try:
        # of the old type of 96 bits, which looks like nanoseconds here, Spark makes microseconds by itself
        with parquet.ParquetFile(entry.file, coerce_int96_timestamp_unit="us") as file:
            found = ParquetFile(entry, file.metadata.num_rows, file.schema_arrow.remove_metadata())
    except (OSError, ValueError, pa.ArrowException) as error:
        if not is_of_the_file(error):
            raise
        return str(error)
    names = [name.lower() for name in found.schema.names]
    twice = sorted({name for name in names if names.count(name) > 1})
    return f"columns that differ in case alone: {', '.join(twice)}" if twice else found


def by_schema(files: Iterable[ParquetFile]) -> list[list[ParquetFile]]:
    """Files -> groups that can be read together: the same columns, types and mapping."""
    groups: dict[tuple[str, str | None], list[ParquetFile]] = {}
    for file in files:
        groups.setdefault((file.schema.to_string(), file.entry.mapping), []).append(file)
    return list(groups.values())


def read_rows(spark: SparkSession, group: list[ParquetFile]) -> DataFrame:
    """Files of one schema -> their rows with Spark's types, and FILE and ROW: the file, the row's number.

    Times without a zone are UTC; nanoseconds are cut to microseconds.
    """
    rows = spark.read.parquet(*(without_pattern(file.entry.file) for file in group))
    names = [field.name for field in group[0].schema]
    columns = [_micros(field).alias(field.name) for field in group[0].schema]
    place = F.regexp_replace("_metadata.file_path", "^file:/+", "/").alias(FILE)
    found = rows.select(*map(F.col, map(identifier, names)), place, F.col("_metadata.row_index").alias(ROW))
    return found.select(*columns, FILE, ROW)


def schema_of(rows: DataFrame) -> str:
    """Rows of read_rows -> the DDL of the files' own columns."""
    fields = [field for field in rows.schema if field.name not in (FILE, ROW)]
    return T.StructType(fields).toDDL()


def without_pattern(file: Path) -> str:
    """A local file's address, as Spark reads it without seeing a pattern in it, whatever its default file system."""
    return "file://" + "".join(f"\\{c}" if c in "\\*?[]{}" else c for c in str(file.absolute()))


def as_messages(rows: DataFrame, group: list[ParquetFile], mapping: str | None) -> DataFrame:
    """Rows of read_rows -> source, partition, position, payload, format, mapping, seq."""
    spark = rows.sparkSession
    names = [name for name in rows.columns if name not in (FILE, ROW)]
    payload = F.to_json(F.struct(*(F.col(identifier(name)) for name in names)), AS_JSON)
    return rows.join(F.broadcast(_places(spark, group)), FILE).select(
        "source",
        "partition",
        F.col(ROW).alias("position"),
        payload.cast("binary").alias("payload"),
        F.lit("parquet").alias("format"),
        F.lit(mapping).cast("string").alias("mapping"),
        (F.col("first_seq") + F.col(ROW) + 1).alias("seq"),
    )


def fault_of(spark: SparkSession, file: ParquetFile) -> str | None:
    """Read a file to its end -> why that does not work, or None if it does, or is not there to be read.

    For when a batch has failed.
    """
    try:
        read_rows(spark, [file]).write.format("noop").mode("overwrite").save()
    except (PySparkException, Py4JJavaError) as error:
        fault = _first_line(error)
        return None if any(name in str(error) for name in NOT_THERE) else fault
    return None


def _first_line(error: Exception) -> str:
    # Py4J's own first line tells nothing but the number of a call
    message = error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else None
    return (message or str(error)).splitlines()[0]


def _places(spark: SparkSession, group: list[ParquetFile]) -> DataFrame:
    places = [
        (_address(spark, file), f"files:{file.entry.folder}", file.entry.path, file.first_seq)
        for file in group
    ]
    schema = f"{FILE} string, source string, partition string, first_seq bigint"
    return spark.createDataFrame(places, schema)


def _address(spark: SparkSession, file: ParquetFile) -> str:
    """The file as `_metadata.file_path` writes it, which escapes some characters of a path."""
    return java_class(spark, "org.apache.hadoop.fs.Path")(str(file.entry.file)).toUri().toString()


def _micros(field: pa.Field) -> Column:
    name = identifier(field.name)
    if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
        # a plain division would round towards zero, and times before 1970 up
        return F.timestamp_micros(F.expr(f"({name} - pmod({name}, 1000)) div 1000"))
    return F.col(name)
