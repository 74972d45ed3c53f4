"""raw/<domain>: one message as it was received. Nothing here looks into a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import create_table, read_table, table_property
from weir.settings import settings
from weir.tables import MAPPING, RAW

PARTITION_BY = "received_date"
# a property of the table, set before its newest messages are removed
NEXT_SEQ = "weir.nextSeq"


def create_raw(spark: SparkSession, domain: str) -> None:
    """Make raw/<domain> and the mapping/<domain> that it names, when they are not there."""
    create_table(spark, settings().table("raw", domain), RAW, PARTITION_BY)
    create_table(spark, settings().table("mapping", domain), MAPPING)


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
