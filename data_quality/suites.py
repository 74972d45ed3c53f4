"""Contract -> Great Expectations suites: what must hold of a table, whatever wrote it.

Each expectation carries in `meta` its check's name and, in words, what is expected.
"""

# Great Expectations exports its expectations at run time only
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from data_quality.expectations import FailureSeverity, RowColumn, gx, gxe
from weir.contract import Column, Contract
from weir.rule import HIGHEST_SCORE
from weir.tables import DECISION, PART_KEY, QUARANTINE, RAW, RAW_KEY
from weir.validity import LONGEST_IP, OLDEST
from weir.value import LONGEST

NULLABLE = {"mapping", "model", "event_id", "event_type"}
PATTERNS = {
    "country": ("two capitals", "^[A-Z]{2}$"),
    "currency": ("three capitals", "^[A-Z]{3}$"),
    "address": ("lower case", "^[^A-Z]*$"),
    "ip": ("an IP address", f"^[0-9A-Fa-f.:]{{2,{LONGEST_IP}}}$"),
}
SPARK_CLASSES = {
    "string": "StringType",
    "binary": "BinaryType",
    "int": "IntegerType",
    "bigint": "LongType",
    "double": "DoubleType",
    "boolean": "BooleanType",
    "decimal": "DecimalType",
    "date": "DateType",
    "timestamp": "TimestampType",
    "map": "MapType",
    "array": "ArrayType",
}
REUSED_EVENT_IDS = """
select event_id, count(distinct event_date) as days
from {batch} group by event_id having count(distinct event_date) > 1
"""

Expectations = Iterator[gxe.Expectation]


def scored_suite(contract: Contract, actions: Sequence[str]) -> gx.ExpectationSuite:
    """What must hold of `scored/<domain>` with `with_sums`: the contract, the decision and its arithmetic."""
    return _suite(
        f"scored.{contract.domain}",
        _types({**contract.event_types, **DECISION}),
        _declared(contract),
        _present(name for name in DECISION if name not in NULLABLE),
        _decided(actions),
        _once(["event_id", "event_date"]),
        _reused_on_another_day(),
    )


def quarantine_suite(domain: str) -> gx.ExpectationSuite:
    """What must hold of `quarantine/<domain>`: every part has a reason and is there once."""
    return _suite(
        f"quarantine.{domain}",
        _types(QUARANTINE),
        _present(name for name in QUARANTINE if name not in NULLABLE),
        _once(list(PART_KEY)),
    )


def raw_suite(domain: str) -> gx.ExpectationSuite:
    """What must hold of `raw/<domain>`: every message landed once and has a place in the order of arrival."""
    return _suite(
        f"raw.{domain}",
        _types(RAW),
        _present(name for name in RAW if name not in NULLABLE),
        _once(list(RAW_KEY)),
        _once(["seq"]),
    )


def checked_columns(suite: gx.ExpectationSuite) -> list[str]:
    """The columns that a suite's checks read, so that no other needs to be."""
    names = [name for expectation in suite.expectations for name in (expectation.meta or {})["columns"]]
    return list(dict.fromkeys(names))


def _suite(name: str, *groups: Iterable[gxe.Expectation]) -> gx.ExpectationSuite:
    return gx.ExpectationSuite(name=name, expectations=[one for group in groups for one in group])


def _meta(check: str, expected: str, *columns: str) -> dict[str, Any]:
    return {"check": check, "expected": expected, "columns": list(columns)}


def _types(types: Mapping[str, str]) -> Expectations:
    for name, spark_type in types.items():
        plain = spark_type.split("(")[0].split("<")[0]
        meta = _meta(f"{name}_is_{plain}", spark_type, name)
        yield gxe.ExpectColumnValuesToBeOfType(column=name, type_=SPARK_CLASSES[plain], meta=meta)


def _present(names: Iterable[str]) -> Expectations:
    for name in names:
        meta = _meta(f"{name}_is_present", "not null", name)
        yield gxe.ExpectColumnValuesToNotBeNull(column=name, meta=meta)


def _once(names: list[str]) -> Expectations:
    meta = _meta(f"{'_'.join(names)}_is_unique", f"one row per {', '.join(names)}", *names)
    if len(names) == 1:
        yield gxe.ExpectColumnValuesToBeUnique(column=names[0], meta=meta)
    else:
        yield gxe.ExpectCompoundColumnsToBeUnique(column_list=names, meta=meta)


def _declared(contract: Contract) -> Expectations:
    """The contract's columns, one by one."""
    for column in contract.columns:
        if column.required:
            yield from _present([column.name])
        elif column.required_for:
            yield _present_for(column)
        yield from _valid(column)


def _present_for(column: Column) -> gxe.Expectation:
    kinds = list(column.required_for)
    expected = f"not null for {', '.join(kinds)}"
    return gxe.ExpectColumnValuesToNotBeNull(
        column=column.name,
        row_condition=RowColumn("event_type").is_in(kinds),
        meta=_meta(f"{column.name}_is_present_where_required", expected, column.name, "event_type"),
    )


def _valid(column: Column) -> Expectations:
    """What the column's type and limits say of each value that is there."""
    name = column.name
    if column.type == "enum":
        yield _in_set(name, column.values)
    if column.type == "id":
        yield _as_long_as(name, LONGEST)
    if column.type == "time":
        yield _between(name, datetime.fromisoformat(OLDEST), None)
    if column.type in PATTERNS:
        yield _matches(name, *PATTERNS[column.type])
    if column.minimum is not None or column.maximum is not None:
        yield _between(name, column.minimum, column.maximum)


def _decided(actions: Sequence[str]) -> Expectations:
    """The score in its range, made of its reasons, and one of the ruleset's actions taken on it."""
    yield _between("score", 0, HIGHEST_SCORE)
    yield _in_set("action", actions)
    yield _equal("score", "reasons_total", "reasons_add_up_to_score")
    yield _equal("event_date", "occurred_date", "event_date_is_day_of_occurred_at")


def _reused_on_another_day() -> Expectations:
    """A warning: on one day a second event of the same id is a duplicate, on another it is only odd."""
    check, expected = "event_id_is_not_reused_on_another_day", "one event_date per event_id"
    yield gxe.UnexpectedRowsExpectation(
        unexpected_rows_query=REUSED_EVENT_IDS,
        severity=FailureSeverity.WARNING,
        description=check,
        meta=_meta(check, expected, "event_id", "event_date"),
    )


def _in_set(name: str, values: Sequence[str]) -> gxe.Expectation:
    meta = _meta(f"{name}_is_known", f"one of {', '.join(values)}", name)
    return gxe.ExpectColumnValuesToBeInSet(column=name, value_set=list(values), meta=meta)


def _as_long_as(name: str, longest: int) -> gxe.Expectation:
    meta = _meta(f"{name}_has_a_valid_length", f"1 to {longest} characters", name)
    return gxe.ExpectColumnValueLengthsToBeBetween(column=name, min_value=1, max_value=longest, meta=meta)


def _matches(name: str, expected: str, pattern: str) -> gxe.Expectation:
    return gxe.ExpectColumnValuesToMatchRegex(
        column=name, regex=pattern, meta=_meta(f"{name}_is_well_formed", expected, name)
    )


def _between(name: str, lowest: Any, highest: Any) -> gxe.Expectation:
    ends = (("at least", lowest), ("at most", highest))
    expected = ", ".join(f"{word} {end}" for word, end in ends if end is not None)
    meta = _meta(f"{name}_is_in_range", expected, name)
    return gxe.ExpectColumnValuesToBeBetween(column=name, min_value=lowest, max_value=highest, meta=meta)


def _equal(left: str, right: str, check: str) -> gxe.Expectation:
    meta = _meta(check, f"{left} = {right}", left, right)
    return gxe.ExpectColumnPairValuesToBeEqual(column_A=left, column_B=right, meta=meta)
