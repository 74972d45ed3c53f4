"""The books: raw = scored + quarantine + pending, part by part on the raw key."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from weir.release import COPY, IS_COPY
from weir.tables import RAW_KEY


def books(raw: DataFrame, scored: DataFrame, quarantine: DataFrame) -> DataFrame:
    """Three tables of one domain -> one row that says whether every message part is accounted for, once.

    raw is counted in messages, all else in message parts (bigint): parts, scored, quarantined, duplicates
    (of quarantined), released (of quarantined: a copy of their message went back into raw), pending (beyond
    the last committed batch), missing (neither settled nor pending), doubled (settled or landed more than
    once), orphans (settled, but of no raw message), balanced.
    Read the tables in the order scored, quarantine, raw: a stream may be writing meanwhile.
    """
    settled = _settled(scored, quarantine)
    return (
        raw.groupBy(*RAW_KEY)
        .agg(F.count("*").alias("landings"), F.min("seq").alias("seq"))
        .join(settled.transform(_count_parts), [*RAW_KEY], "full_outer")
        .crossJoin(settled.transform(_last_committed))
        .transform(_add_up)
        .crossJoin(_count_released(raw, quarantine))
        .withColumn("balanced", _is_balanced())
    )


def _settled(scored: DataFrame, quarantine: DataFrame) -> DataFrame:
    """Every settled part: raw key, part, seq, batch_id and where it ended."""
    columns = [*RAW_KEY, "part", "seq", "batch_id"]
    decided = scored.select(*columns, F.lit("scored").alias("ended"))
    reason = F.when(F.col("reason") == "duplicate", "duplicate").otherwise("invalid")
    return decided.unionByName(quarantine.select(*columns, reason.alias("ended")))


def _count_parts(settled: DataFrame) -> DataFrame:
    """Settled parts -> one row per raw key: its parts, those doubled, those its numbering lacks."""
    per_part = settled.groupBy(*RAW_KEY, "part").agg(
        F.count("*").alias("settlements"),
        F.count_if(F.col("ended") == "scored").alias("scored"),
        F.count_if(F.col("ended") != "scored").alias("quarantined"),
        F.count_if(F.col("ended") == "duplicate").alias("duplicates"),
    )
    return per_part.groupBy(*RAW_KEY).agg(
        F.count("*").alias("parts"),
        F.count_if(F.col("settlements") > 1).alias("doubled"),
        (F.max("part") + 1 - F.count("*")).alias("gaps"),
        *(F.sum(name).alias(name) for name in ("scored", "quarantined", "duplicates")),
    )


def _last_committed(settled: DataFrame) -> DataFrame:
    """Settled parts -> one row, committed_seq: the last seq of the last batch known to be whole, or null.

    Quarantine commits before scored, so a last batch that is only in quarantine may be half written:
    what it lacks is pending, not missing.
    """
    per_batch = settled.groupBy("batch_id").agg(
        F.max("seq").alias("seq"), F.bool_and(F.col("ended") != "scored").alias("may_be_torn")
    )
    batch_before = F.when(F.count("*") == 2, F.min("seq"))
    committed = F.when(F.max_by("may_be_torn", "seq"), batch_before).otherwise(F.max("seq"))
    return per_batch.orderBy(F.desc("seq")).limit(2).agg(committed.alias("committed_seq"))


def _count_released(raw: DataFrame, quarantine: DataFrame) -> DataFrame:
    """Raw, quarantine -> one row: the quarantined parts whose message has a copy in raw."""
    refused = quarantine.withColumn("source", F.expr(COPY))
    return refused.join(raw.where(IS_COPY), [*RAW_KEY], "left_semi").agg(F.count("*").alias("released"))


def _add_up(keys: DataFrame) -> DataFrame:
    """One row per raw key -> one row of totals."""
    parts, doubled = _or_zero("parts"), _or_zero("doubled")
    is_landed = F.col("landings").isNotNull()
    unsettled = F.when(F.col("parts").isNull(), 1).otherwise(F.col("gaps"))
    is_pending = is_landed & (F.col("committed_seq").isNull() | (F.col("seq") > F.col("committed_seq")))
    return keys.agg(
        _total(_or_zero("landings")).alias("raw"),
        _total(parts + unsettled).alias("parts"),
        *(_total(_or_zero(name)).alias(name) for name in ("scored", "quarantined", "duplicates")),
        _total(F.when(is_pending, unsettled).otherwise(0)).alias("pending"),
        _total(F.when(is_pending, 0).otherwise(unsettled)).alias("missing"),
        _total(doubled + F.when(F.col("landings") > 1, 1).otherwise(0)).alias("doubled"),
        _total(F.when(is_landed, 0).otherwise(parts)).alias("orphans"),
    )


def _is_balanced() -> Column:
    is_settled_once = F.greatest("missing", "doubled", "orphans") == 0
    return is_settled_once & (F.col("parts") == F.col("scored") + F.col("quarantined") + F.col("pending"))


def _or_zero(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0))


def _total(value: Column) -> Column:
    return F.coalesce(F.sum(value), F.lit(0)).cast("bigint")
