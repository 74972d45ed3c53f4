"""Refused messages -> whose they are, by the column that says so, or when none does by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.judged import judged
from spark_jobs.lake import table_version
from spark_jobs.mapping import kept_mappings
from weir.contract import NAMING_TYPES, Contract
from weir.mapping import ColumnMapping
from weir.pack import load_pack
from weir.settings import settings
from weir.subject import Subject
from weir.tables import RAW_KEY
from weir.value import names_of
from weir.whose import is_message_of

IS_OF, IS_UNKNOWN = "is_of", "is_unknown"


def judged_whose(
    spark: SparkSession, domain: str, messages: DataFrame, is_of: Column, known: Column
) -> DataFrame:
    """Rows of raw -> RAW_KEY, whether their columns name the subject, and whether one of these is missing."""
    rows = messages.transform(judged(load_pack(domain).contract, _mappings(spark, domain)))
    found = {IS_OF: F.coalesce(is_of, F.lit(False)), IS_UNKNOWN: ~known}
    return rows.select(*RAW_KEY, *(column.alias(name) for name, column in found.items()))


def all_known(columns: Sequence[str]) -> Column:
    """Whether every one of these columns has a value."""
    return reduce(Column.__and__, (F.col(column).isNotNull() for column in columns))


def refused_of(messages: DataFrame, whose: DataFrame, subject: Subject, domain: str) -> DataFrame:
    """Rows of raw and what `judged_whose` says of them -> RAW_KEY of the subject's."""
    foreign = foreign_names(load_pack(domain).contract)

    def is_theirs(payload: bytes | None) -> bool:
        return is_message_of(bytes(payload or b""), subject, foreign)

    # not by Arrow, whose batches of 10,000 rows are too much of messages of a megabyte
    holds = F.udf(is_theirs, "boolean", useArrow=False)
    unknown = whose.where(f"{IS_UNKNOWN} and not {IS_OF}")
    may_be = messages.join(unknown, [*RAW_KEY], "left_semi").where(holds("payload"))
    return whose.where(IS_OF).select(*RAW_KEY).unionByName(may_be.select(*RAW_KEY))


def foreign_names(contract: Contract) -> frozenset[str]:
    """The names of fields that name nobody: those of amounts, times and the like."""
    others = (column for column in contract.columns if column.type not in (*NAMING_TYPES, "map"))
    return frozenset(name for column in others for name in names_of(column))


def _mappings(spark: SparkSession, domain: str) -> dict[str, ColumnMapping]:
    path = settings().table("mapping", domain)
    return {} if table_version(spark, path) is None else kept_mappings(spark, path)
