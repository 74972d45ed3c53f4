"""Raw messages -> events with a verdict: typed columns, the first reason against each, and all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from weir import message
from weir.contract import Contract
from weir.mapping import ColumnMapping, texts_of_mapping
from weir.validity import checks, failure
from weir.value import names_of, text_of, texts_of_json, typed_values

RAW_COLUMNS = ("source", "partition", "position", "part", "seq", "received_at", "received_date", "batch_id")
VERDICT = ("reason", "detail")
ANSI = "spark.sql.ansi.enabled"
Transform = Callable[[DataFrame], DataFrame]


def judged(
    contract: Contract, mappings: Mapping[str, ColumnMapping] | None = None, max_age: timedelta | None = None
) -> Transform:
    """Rows of raw/<domain> -> one row each: RAW_COLUMNS, the contract's columns, `reason` and `detail`.

    `reason` is null when the event is valid. mappings: hash -> mapping, at least those the rows name; a row
    that names another is refused. max_age: how late a live source's event may arrive; None for any time.
    A row may come with a `part` (0 when absent) and a `refusal`, the reason an adapter gave.
    Persist what this returns before reading it twice: Spark would parse the messages for each reading.
    """
    known = mappings or {}

    def transform(raw: DataFrame) -> DataFrame:
        slices = [
            rows.transform(_judged_slice(contract, known.get(hash or ""), max_age))
            for hash, rows in _slices(raw, known).items()
        ]
        whole = slices[0]
        for other in slices[1:]:
            whole = whole.unionByName(other)
        return whole

    return transform


def filter_valid(judged_rows: DataFrame) -> DataFrame:
    """Judged rows -> the events: those without a reason, and without the verdict's columns."""
    return judged_rows.where(F.col("reason").isNull()).drop(*VERDICT)


def _slices(raw: DataFrame, mappings: Mapping[str, ColumnMapping]) -> dict[str | None, DataFrame]:
    """The rows of a batch by the mapping they name; None holds those that name none, or one nobody knows."""
    if not mappings:
        return {None: raw}
    named = {row["mapping"] for row in raw.select("mapping").distinct().collect()}
    used = sorted(named & set(mappings))
    if len(named) == 1 and used:
        return {used[0]: raw}
    others = ~F.coalesce(F.col("mapping"), F.lit("")).isin(used) if used else F.lit(True)
    return {None: raw.where(others), **{hash: raw.where(F.col("mapping") == hash) for hash in used}}


def _judged_slice(contract: Contract, mapping: ColumnMapping | None, max_age: timedelta | None) -> Transform:
    def transform(raw: DataFrame) -> DataFrame:
        read = raw.transform(_with_parts).transform(_with_input(contract, mapping))
        return (
            read.transform(_with_texts(contract, mapping))
            .transform(_with_values(contract, mapping is not None))
            .transform(_with_failures(contract, max_age, mapping is not None))
            .transform(_with_verdict(contract))
            .select(*RAW_COLUMNS, *contract.event_types, *VERDICT)
        )

    return transform


def _with_parts(raw: DataFrame) -> DataFrame:
    added: dict[str, Column] = {}
    if "part" not in raw.columns:
        added["part"] = F.lit(0)
    if "refusal" not in raw.columns:
        added["refusal"] = F.lit(None).cast("string")
    return raw.withColumns(added)


def _with_input(contract: Contract, mapping: ColumnMapping | None) -> Transform:
    """Add `_body`, `_json`, `_input` (the fields to read, as text or in Parquet's types), `_refused`."""

    def transform(rows: DataFrame) -> DataFrame:
        rows = rows.withColumn("_body", F.expr(message.BODY))
        if mapping and mapping.schema:
            rows = rows.withColumn("_input", F.expr(message.fields_of_row(mapping.schema)))
            return rows.withColumn("_refused", F.coalesce("refusal", F.expr(message.REFUSED_ROW)))
        names = (
            mapping.inputs if mapping else [name for column in contract.columns for name in names_of(column)]
        )
        rows = rows.withColumn("_json", F.expr(message.JSON))
        rows = rows.withColumn("_input", F.expr(message.fields_of_json(tuple(names))))
        unknown = F.lit(None) if mapping else F.when(F.col("mapping").isNotNull(), "unknown_mapping")
        return rows.withColumn("_refused", F.coalesce("refusal", unknown, F.expr(message.REFUSED)))

    return transform


def _with_texts(contract: Contract, mapping: ColumnMapping | None) -> Transform:
    def transform(rows: DataFrame) -> DataFrame:
        if mapping is None:
            return rows.withColumns(_named_texts(texts_of_json(contract)))
        with _values_never_raise(rows.sparkSession):
            texts = texts_of_mapping(mapping, contract, _types(rows, mapping))
            return rows.withColumns(_named_texts(texts))

    return transform


def _named_texts(texts: Mapping[str, str]) -> dict[str, Column]:
    return {text_of(name): F.expr(sql) for name, sql in texts.items()}


@contextmanager
def _values_never_raise(spark: SparkSession) -> Iterator[None]:
    """ANSI mode is off while a mapping's expressions are analysed: an implicit cast of 'abc' is then null.

    Spark notes the mode in each expression as it analyses it, so what comes later is not touched. Sums and
    products, which would wrap around, are try_* already.
    """
    before = spark.conf.get(ANSI)
    spark.conf.set(ANSI, "false")
    try:
        yield
    finally:
        spark.conf.set(ANSI, str(before))


def _types(rows: DataFrame, mapping: ColumnMapping) -> dict[str, str]:
    """Column -> Spark SQL type of what its expression gives for these rows; nothing is run."""
    expressions = [F.expr(sql).alias(name) for name, sql in mapping.expressions.items()]
    return dict(rows.select(*expressions).dtypes)


def _with_values(contract: Contract, mapped: bool) -> Transform:
    types = contract.event_types
    values = {name: F.expr(sql).cast(types[name]) for name, sql in typed_values(contract).items()}
    if not mapped:
        # so that a refused message can be found by its id
        values["event_id"] = F.coalesce(values["event_id"], F.expr(message.field_of_refused("event_id")))
    return lambda rows: rows.withColumns(values)


def _with_failures(contract: Contract, max_age: timedelta | None, mapped: bool) -> Transform:
    failures = {
        _failure_of(column.name): F.when(
            F.col("_refused").isNull(), F.expr(failure(checks(contract, column, max_age, mapped)))
        )
        for column in contract.columns
    }
    return lambda rows: rows.withColumns(failures)


def _with_verdict(contract: Contract) -> Transform:
    names = [column.name for column in contract.columns]
    each = [
        F.when(
            F.col(_failure_of(name)).isNotNull(), _fault(_failure_of(name), F.lit(name), F.col(text_of(name)))
        )
        for name in names
    ]
    whole = F.array(_fault("_refused", F.lit(None).cast("string"), F.expr(message.SHOWN)))
    reason = F.coalesce("_refused", *map(_failure_of, names))
    detail = F.when(F.col("_refused").isNotNull(), whole).otherwise(F.array_compact(F.array(*each)))
    return lambda rows: rows.withColumn("reason", reason).withColumn(
        "detail", F.when(F.col("reason").isNotNull(), detail)
    )


def _fault(reason: str, column: Column, value: Column) -> Column:
    cut = F.substr(value, F.lit(1), F.lit(message.CUT))
    return F.struct(F.col(reason).alias("reason"), column.alias("column"), cut.alias("value"))


def _failure_of(name: str) -> str:
    return f"_fails_{name}"
