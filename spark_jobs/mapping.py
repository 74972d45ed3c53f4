"""mapping/<domain>: every mapping that a raw row names, kept so that history can be read again."""

from __future__ import annotations

from datetime import UTC, datetime

from pyspark.sql import SparkSession

from spark_jobs.lake import append_rows, ddl, read_table, table_state
from weir.mapping import ColumnMapping, read_mapping
from weir.tables import MAPPING

# table -> its state when it was read, and what was in it
_KNOWN: dict[str, tuple[str, dict[str, ColumnMapping]]] = {}


def keep_mapping(spark: SparkSession, path: str, mapping: ColumnMapping) -> str:
    """Keep a mapping in the table at `path` unless it is there -> its hash."""
    if mapping.hash not in kept_mappings(spark, path):
        row = (mapping.hash, mapping.format, mapping.body, datetime.now(UTC))
        append_rows(spark.createDataFrame([row], ddl(MAPPING)), path)
    return mapping.hash


def kept_mappings(spark: SparkSession, path: str) -> dict[str, ColumnMapping]:
    """The mappings of a domain by hash; there are few, and they are read again when the table has changed."""
    state = table_state(spark, path)
    if path not in _KNOWN or _KNOWN[path][0] != state:
        rows = read_table(spark, path).select("hash", "body").collect()
        _KNOWN[path] = state, {row["hash"]: read_mapping(row["body"]) for row in rows}
    return dict(_KNOWN[path][1])
