"""Raw messages -> events with a verdict: typed columns, the first reason against each, and all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.ansi import values_never_raise
from spark_jobs.layers import Layer, Transform, with_layers
from weir import message
from weir.contract import Contract
from weir.mapping import ColumnMapping, texts_of_mapping
from weir.message import literal
from weir.validity import checks, failure
from weir.value import names_of, text_of, texts_of_json, typed_values

RAW_COLUMNS = ("source", "partition", "position", "part", "seq", "received_at", "received_date", "batch_id")
VERDICT = ("reason", "detail")
NO_BOUNDS: Mapping[str, timedelta] = {}


def judged(
    contract: Contract,
    mappings: Mapping[str, ColumnMapping] | None = None,
    max_ages: Mapping[str, timedelta] = NO_BOUNDS,
) -> Transform:
    """Rows of raw/<domain> -> one row each: RAW_COLUMNS, the contract's columns, `reason` and `detail`.

    `reason` is null when the event is valid. mappings: hash -> mapping, at least those the rows name; a row
    that names another, or one that Spark cannot read, is refused. max_ages: kind of source -> how late its
    events may arrive.
    A row may come with a `part` (0 when absent) and a `refusal`, the reason an adapter gave.
    Persist what this returns before reading it twice: Spark would parse the messages for each reading.
    """
    known = mappings or {}

    def _judged(rows: DataFrame, mapping: ColumnMapping | None) -> DataFrame:
        try:
            return rows.transform(_judged_slice(contract, mapping, max_ages))
        except AnalysisException:
            if mapping is None:
                raise
            # no plan can be made of it, at no try: its messages are refused, and can be repaired
            return rows.transform(_judged_slice(contract, None, max_ages))

    def transform(raw: DataFrame) -> DataFrame:
        slices = [_judged(rows, known.get(hash or "")) for hash, rows in _slices(raw, known).items()]
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


def _judged_slice(
    contract: Contract, mapping: ColumnMapping | None, max_ages: Mapping[str, timedelta]
) -> Transform:
    kept = [*RAW_COLUMNS, *contract.event_types, *VERDICT]
    names = [column.name for column in contract.columns]
    judging = [
        Layer(_values(contract, mapping is not None)),
        Layer(_failures(contract, max_ages, mapping is not None)),
        Layer({"reason": f"coalesce({', '.join(['_refused', *map(_failure_of, names)])})"}),
        Layer({"detail": _detail(names)}),
    ]

    def transform(raw: DataFrame) -> DataFrame:
        reading = [_parts(raw.columns), *_input(contract, mapping)]
        if mapping is None:
            texts = Layer(_named_texts(texts_of_json(contract)))
            return raw.transform(with_layers([*reading, texts, *judging])).select(*kept)
        read = raw.transform(with_layers(reading))
        return (
            read.transform(_with_mapped_texts(contract, mapping))
            .transform(with_layers(judging))
            .select(*kept)
        )

    return transform


def _parts(names: Sequence[str]) -> Layer:
    absent = {"part": "0", "refusal": "cast(null as string)"}
    return Layer({name: sql for name, sql in absent.items() if name not in names})


def _input(contract: Contract, mapping: ColumnMapping | None) -> list[Layer]:
    """`_body`, `_json`, `_input` (the fields to read, as text or in Parquet's types), `_refused`."""
    body = Layer({"_body": message.BODY})
    if mapping and mapping.schema:
        fields = Layer({"_input": message.fields_of_row(mapping.schema)})
        return [body, fields, Layer({"_refused": f"coalesce(refusal, {message.REFUSED_ROW})"})]
    names = mapping.inputs if mapping else [name for column in contract.columns for name in names_of(column)]
    unknown = "null" if mapping else "if(mapping is not null, 'unknown_mapping', null)"
    return [
        body,
        Layer({"_json": message.JSON}),
        Layer({"_input": message.fields_of_json(tuple(names))}),
        Layer({"_refused": f"coalesce(refusal, {unknown}, {message.REFUSED})"}),
    ]


def _with_mapped_texts(contract: Contract, mapping: ColumnMapping) -> Transform:
    def transform(rows: DataFrame) -> DataFrame:
        with values_never_raise(rows.sparkSession):
            texts = texts_of_mapping(mapping, contract, _types(rows, mapping))
            return rows.transform(with_layers([Layer(_named_texts(texts))]))

    return transform


def _named_texts(texts: Mapping[str, str]) -> dict[str, str]:
    return {text_of(name): sql for name, sql in texts.items()}


def _types(rows: DataFrame, mapping: ColumnMapping) -> dict[str, str]:
    """Column -> Spark SQL type of what its expression gives for these rows; nothing is run."""
    expressions = [F.expr(sql).alias(name) for name, sql in mapping.expressions.items()]
    return dict(rows.select(*expressions).dtypes)


def _values(contract: Contract, mapped: bool) -> dict[str, str]:
    types = contract.event_types
    values = {name: f"cast(({sql}) as {types[name]})" for name, sql in typed_values(contract).items()}
    if not mapped:
        # so that a refused message can be found by its id
        values["event_id"] = f"coalesce({values['event_id']}, {message.field_of_refused('event_id')})"
    return values


def _failures(contract: Contract, max_ages: Mapping[str, timedelta], mapped: bool) -> dict[str, str]:
    found = {column.name: failure(checks(contract, column, max_ages, mapped)) for column in contract.columns}
    return {_failure_of(name): f"if(_refused is null, {sql}, null)" for name, sql in found.items()}


def _detail(names: Sequence[str]) -> str:
    """Every fault of a message with a `reason`; of one that could not be read the one, with the message's beginning."""
    each = ", ".join(
        f"if({_failure_of(name)} is not null, {_fault(_failure_of(name), literal(name), f'`{text_of(name)}`')}, null)"
        for name in names
    )
    whole = f"array({_fault('_refused', 'cast(null as string)', message.SHOWN)})"
    return f"if(reason is null, null, if(_refused is not null, {whole}, array_compact(array({each}))))"


def _fault(reason: str, column: str, value: str) -> str:
    return f"struct({reason} as reason, {column} as column, substr({value}, 1, {message.CUT}) as value)"


def _failure_of(name: str) -> str:
    return f"_fails_{name}"
