"""A repair of refused messages, as a file says it: another mapping, or a Python function over their bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_jobs.layers import Transform
from weir.contract import Contract
from weir.error import WeirError
from weir.located import PackError
from weir.mapping import ColumnMapping, load_mapping, with_schema

Mappings = Mapping[str, ColumnMapping]
REPAIRED = "payload binary, kept_back string"
NOT_REPAIRED, FAILED = "not_repaired", "repair_failed"
MEND = "write `def repair(payload: bytes) -> bytes | None`"


@dataclass(frozen=True, slots=True)
class FunctionRepair:
    """A Python file with `def repair(payload: bytes) -> bytes | None`; None is a message left as it is."""

    file: str
    code: str


@dataclass(frozen=True, slots=True)
class MappingRepair:
    """A mapping to read the messages with, in place of the one they name."""

    mapping: ColumnMapping


Repair = FunctionRepair | MappingRepair | None


def load_repair(path: Path | None, contract: Contract) -> Repair:
    """A .py file or a mapping's YAML -> the repair; no path, none. Raises WeirError, PackError."""
    if path is None:
        return None
    text = path.read_text("utf-8-sig")
    if path.suffix in (".yml", ".yaml"):
        return MappingRepair(load_mapping(text, str(path), contract))
    if path.suffix != ".py":
        raise WeirError(f"{path}: a repair is a mapping (.yml) or a Python file (.py); {MEND}")
    _function(text, str(path))
    return FunctionRepair(str(path), text)


def mappings_of(repair: Repair, kept: Mappings) -> dict[str | None, ColumnMapping]:
    """The mapping that a message is read with, by the hash it names now (None: it names none)."""
    if not isinstance(repair, MappingRepair):
        return {**kept}
    return {None: repair.mapping, **{hash: _in_place_of(old, repair.mapping) for hash, old in kept.items()}}


def _in_place_of(old: ColumnMapping, new: ColumnMapping) -> ColumnMapping:
    """The new mapping over the rows that name the old one; a Parquet row is read by the schema it landed with."""
    if old.schema is None:
        return replace(new, format=old.format)
    try:
        return with_schema(new, old.schema, [field.name for field in _fields(old.schema)])
    except PackError:
        # rows of an odd file lack a field: they stay as they are, and are seen to be refused still
        return old


def _fields(schema: str) -> list[T.StructField]:
    struct = T.DataType.fromDDL(schema)
    return struct.fields if isinstance(struct, T.StructType) else []


def with_repair(repair: Repair, kept: Mappings) -> Transform:
    """Rows of raw -> the same with what the repair changes, and `kept_back`: why a row is not to be tried."""
    if isinstance(repair, FunctionRepair):
        return _with_payloads(repair)
    nothing = F.lit(None).cast("string")
    if repair is None:
        return lambda raw: raw.withColumn("kept_back", nothing)
    named = _named(mappings_of(repair, kept))
    return lambda raw: raw.withColumn("mapping", named).withColumn("kept_back", nothing)


def _named(mappings: Mapping[str | None, ColumnMapping]) -> Column:
    """Hash that a row names -> the hash of its new mapping; one that nobody kept stays unknown."""
    named = F.when(F.col("mapping").isNull(), mappings[None].hash)
    for hash, mapping in mappings.items():
        named = named if hash is None else named.when(F.col("mapping") == hash, mapping.hash)
    return named.otherwise(F.col("mapping"))


def _with_payloads(repair: FunctionRepair) -> Transform:
    """The user's function is Python, so its rows go through Python: a few refused ones, never the stream."""

    def repaired(payload: bytes | None) -> tuple[bytes | None, str | None]:
        return repaired_by(_function(repair.code, repair.file), payload)

    # not by Arrow, whose batches of 10,000 rows are too much of messages of a megabyte
    apply = F.udf(repaired, REPAIRED, useArrow=False)

    def transform(raw: DataFrame) -> DataFrame:
        changed = raw.withColumn("_repaired", apply("payload"))
        return changed.withColumns(
            {name: F.col(f"_repaired.{name}") for name in ("payload", "kept_back")}
        ).drop("_repaired")

    return transform


def repaired_by(function: Callable[[bytes], Any], payload: bytes | None) -> tuple[bytes | None, str | None]:
    """One message's bytes -> (its new bytes, None), or (its own, why it is kept back)."""
    try:
        new = function(bytes(payload or b""))
    except Exception as mistake:
        return payload, f"{FAILED} ({type(mistake).__name__})"
    if new is None:
        return payload, NOT_REPAIRED
    return (
        (new, None)
        if isinstance(new, bytes)
        else (payload, f"{FAILED} (returned {type(new).__name__}, not bytes)")
    )


@cache
def _function(code: str, file: str) -> Callable[[bytes], Any]:
    """A Python file's text -> its function `repair`; WeirError says what is wrong with it and where."""
    names: dict[str, Any] = {"__name__": "repair", "__file__": file}
    try:
        exec(compile(code, file, "exec"), names)
    except SyntaxError as mistake:
        raise WeirError(f"{file}:{mistake.lineno}: {mistake.msg}; {MEND}") from mistake
    except Exception as mistake:
        raise WeirError(
            f"{file}: {type(mistake).__name__}: {mistake}; it is run before any message"
        ) from mistake
    if not callable(names.get("repair")):
        raise WeirError(f"{file}: has no function `repair`; {MEND}")
    return names["repair"]
