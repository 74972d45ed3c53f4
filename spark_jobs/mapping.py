"""mapping/<domain>: every mapping that a raw row names, kept so that history can be read again."""

from __future__ import annotations

from datetime import UTC, datetime

from pyspark.sql import SparkSession

from spark_jobs.lake import append_rows, ddl, read_table
from weir.mapping import ColumnMapping, read_mapping
from weir.tables import MAPPING


def keep_mapping(spark: SparkSession, path: str, mapping: ColumnMapping) -> str:
    """Keep a mapping in the table at `path` unless it is there -> its hash."""
    if mapping.hash not in kept_mappings(spark, path):
        row = (mapping.hash, mapping.format, mapping.body, datetime.now(UTC))
        append_rows(spark.createDataFrame([row], ddl(MAPPING)), path)
    return mapping.hash


def kept_mappings(spark: SparkSession, path: str) -> dict[str, ColumnMapping]:
    """The mappings of a domain by hash; there are few."""
    rows = read_table(spark, path).select("hash", "body").collect()
    return {row["hash"]: read_mapping(row["body"]) for row in rows}
