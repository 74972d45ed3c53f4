"""quarantine/<domain>: one row per message part that did not become an event, with why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_jobs.feature_rows import ROW_ID
from spark_jobs.layers import Transform
from weir.reason import DUPLICATE, POISON
from weir.tables import PART_KEY, QUARANTINE

PARTITION_BY = "received_date"


def quarantined(batch_id: int) -> Transform:
    """Judged rows -> rows of quarantine/<domain>: those with a reason, and the batch that judged."""
    return lambda rows: rows.where(F.col("reason").isNotNull()).transform(_as_table(batch_id))


def as_poison(batch_id: int) -> Transform:
    """Raw rows that each make their batch fail -> rows of quarantine/<domain> with reason `poison`."""
    unknown = {name: F.lit(None).cast("string") for name in ("event_id", "event_type")}
    verdict = {"part": F.lit(0), "reason": F.lit(POISON), "detail": F.array(_fault(POISON))}
    return lambda raw: raw.withColumns({**unknown, **verdict}).transform(_as_table(batch_id))


def with_duplicate_reason(scored: DataFrame, days: Iterable[date]) -> Transform:
    """Judged rows, persisted -> the same; a valid row whose event was taken before is a `duplicate`.

    It was taken by a row of `scored` with its event_id and day under another raw key or part (so a batch that
    is tried again does not meet its own rows), or by a valid row of the batch with a smaller (seq, part).
    days: those of the valid rows, so that Delta opens their partitions only.
    """

    def transform(judged_rows: DataFrame) -> DataFrame:
        rows = judged_rows.withColumn("event_date", F.to_date("occurred_at"))
        taken = F.exists("_holders", lambda holder: holder != _key())
        duplicate = F.col("reason").isNull() & (F.coalesce(taken, F.lit(False)) | (F.col("_place") > 1))
        fault = F.array(_fault(DUPLICATE, F.lit("event_id"), F.col("event_id")))
        return (
            rows.withColumn("_place", _place())
            .join(
                _holders(scored.where(F.col("event_date").isin(*days)), rows),
                ["event_id", "event_date"],
                "left",
            )
            .withColumn("detail", F.when(duplicate, fault).otherwise(F.col("detail")))
            .withColumn("reason", F.when(duplicate, DUPLICATE).otherwise(F.col("reason")))
            .select(*judged_rows.columns)
        )

    return transform


def with_reasons_of(refused: DataFrame) -> Transform:
    """Judged rows -> the same; one that is among those rows of quarantine/<domain> has its reason from there."""

    def transform(judged_rows: DataFrame) -> DataFrame:
        known = refused.select(*ROW_ID, F.col("reason").alias("_reason"), F.col("detail").alias("_detail"))
        merged = {name: F.coalesce(f"_{name}", name) for name in ("reason", "detail")}
        return judged_rows.join(known, [*ROW_ID], "left").withColumns(merged).select(*judged_rows.columns)

    return transform


def not_in(parts: DataFrame) -> Transform:
    """Rows with seq and part -> those of other parts."""
    return lambda rows: rows.join(parts, [*ROW_ID], "left_anti").select(*rows.columns)


def _place() -> Column:
    same_event = Window.partitionBy("event_id", "event_date", F.col("reason").isNull())
    return F.row_number().over(same_event.orderBy(*ROW_ID))


def _key() -> Column:
    return F.struct(*PART_KEY)


def _holders(scored: DataFrame, rows: DataFrame) -> DataFrame:
    """event_id, event_date, `_holders`: the raw keys under which `scored` has the events of this batch."""
    valid = rows.where(F.col("reason").isNull())
    held = scored.select("event_id", "event_date", _key().alias("key"))
    wanted = valid.select("event_id", "event_date").distinct()
    return (
        held.join(wanted, ["event_id", "event_date"], "left_semi")
        .groupBy("event_id", "event_date")
        .agg(F.collect_set("key").alias("_holders"))
    )


def _fault(reason: str, column: Column | None = None, value: Column | None = None) -> Column:
    nothing = F.lit(None).cast("string")
    given = {
        "reason": F.lit(reason),
        "column": nothing if column is None else column,
        "value": nothing if value is None else value,
    }
    return F.struct(*(part.alias(name) for name, part in given.items()))


def _as_table(batch_id: int) -> Transform:
    stamps = {
        "batch_id": F.lit(batch_id).cast("bigint"),
        "quarantined_at": F.current_timestamp(),
        "received_date": F.to_date("received_at"),
    }
    return lambda rows: rows.withColumns(stamps).select(*QUARANTINE)
