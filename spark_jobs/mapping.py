"""mapping/<domain>: every mapping that a raw row names, kept so that history can be read again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.ansi import values_never_raise
from spark_jobs.lake import append_rows, ddl, read_table, table_state
from weir.error import WeirError
from weir.mapping import ColumnMapping, read_mapping
from weir.tables import MAPPING

FIELDS_ARE_TEXT = (
    "every field is text here: write a = 'true'; one that holds fields is JSON: get_json_object(a, '$.b')"
)
# table -> its state when it was read, and what was in it
_KNOWN: dict[str, tuple[str, dict[str, ColumnMapping]]] = {}


class UnreadableMapping(WeirError):
    """A mapping with an expression that Spark cannot read, though it looks like SQL."""


def require_readable(spark: SparkSession, mapping: ColumnMapping) -> None:
    """Raises UnreadableMapping with every expression over messages' fields, which are text, that Spark cannot read."""
    fields = [F.lit(None).cast("string").alias(name) for name in mapping.inputs]
    row = spark.range(0).select(F.struct(*fields, F.lit(0).alias("_")).alias("_input"))
    with values_never_raise(spark):
        faults = [*_faults(row, mapping)]
    if faults:
        raise UnreadableMapping("\n".join([*faults, FIELDS_ARE_TEXT]))


def _faults(row: DataFrame, mapping: ColumnMapping) -> Iterator[str]:
    written = dict(mapping.columns)
    for column, sql in mapping.expressions.items():
        try:
            row.select(F.expr(sql))
        except AnalysisException as fault:
            yield f"mapping, {column}: {written[column]}: {str(fault).strip().splitlines()[0]}"


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
