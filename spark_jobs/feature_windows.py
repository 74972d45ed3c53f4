"""Feature rows with their windows: each key's rows are brought together and computed as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_jobs.extent import Extent
from spark_jobs.feature_rows import ROW_ID, condition, contract_column
from spark_jobs.key_groups import KeyGroup
from spark_jobs.layers import Transform
from spark_jobs.wide_sums import limb_names, whole
from spark_jobs.windows.arrow_rows import windows_over
from spark_jobs.windows.window import KeyWindows, Window
from weir.feature import Feature

MICROSECOND = timedelta(microseconds=1)
# a task holds its rows in memory, about 300 bytes each
ROWS_OF_TASK = 500_000
WIDE = T.DecimalType(38, 0)


def with_windows(groups: Sequence[KeyGroup], extent: Extent) -> Transform:
    """Feature rows -> those of the batch: ROW_ID, `is_late`, the columns of every feature's window.

    extent: the batch's.
    """
    windows = [key_windows(group) for group in groups]

    def transform(rows: DataFrame) -> DataFrame:
        if extent.in_one_task:
            return _computed(windows, (), rows.coalesce(1))
        tasks = max(rows.sparkSession.sparkContext.defaultParallelism, -(-extent.rows // ROWS_OF_TASK))
        for number, group in enumerate(windows):
            rows = _computed([group], windows[number + 1 :], rows.repartition(tasks, group.member))
        return rows

    return transform


def answer(feature: Feature, schema: T.StructType) -> str:
    """A feature -> SQL of its value over the columns of its window.

    schema: the events', which tells the type of a summed column.
    """
    if feature.kind != "sum":
        return f"`{feature.name}`"
    high, low = (f"`{name}`" for name in limb_names(feature.name))
    return whole(high, low, schema[contract_column(str(feature.value))].dataType)


def key_windows(group: KeyGroup) -> KeyWindows:
    """A group of features -> what a task needs to know of it."""
    windows = tuple(_window(feature, group.rest(feature)) for feature in group.features)
    return KeyWindows(group.root, group.hash, windows)


def _computed(groups: Sequence[KeyWindows], later: Sequence[KeyWindows], rows: DataFrame) -> DataFrame:
    """Rows of whole keys -> with these groups' windows, and without what only they read."""
    done = _read(groups) - _read(later) - {*ROW_ID}
    kept = [field for field in rows.schema if field.name not in done]
    made = [field for group in groups for window in group.windows for field in _made(window, rows.schema)]
    schema = T.StructType([*kept, *made])
    return rows.mapInArrow(windows_over(groups, schema.names), schema)


def _read(groups: Sequence[KeyWindows]) -> set[str]:
    """The columns that the groups' windows are found from."""
    return {column for group in groups for column in (group.member, *group.columns)}


def _made(window: Window, schema: T.StructType) -> Iterable[T.StructField]:
    """The columns of a window, with their types."""
    for made, column in window.addends:
        is_wide = isinstance(schema[column].dataType, T.DecimalType)
        yield T.StructField(made, WIDE if is_wide else T.LongType())
    if window.kind == "previous":
        yield T.StructField(window.name, schema[window.value].dataType)
    elif not window.addends:
        yield T.StructField(window.name, T.BooleanType() if window.kind == "is_first_seen" else T.LongType())


def _window(feature: Feature, rest: tuple[str, ...]) -> Window:
    value = "" if feature.kind == "sum" else feature.value or ""
    span, gap = feature.span // MICROSECOND, (feature.gap or timedelta(0)) // MICROSECOND
    return Window(
        feature.name, feature.kind, feature.key, rest, condition(feature), span, gap, value, _addends(feature)
    )


def _addends(feature: Feature) -> tuple[tuple[str, str], ...]:
    """(column of the window, column it adds up): one for a count, one for each limb of a sum."""
    if feature.kind == "count":
        return ((feature.name, "weight"),)
    if feature.kind == "sum":
        return tuple(zip(limb_names(feature.name), limb_names(str(feature.value)), strict=True))
    return ()
