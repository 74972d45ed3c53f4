"""Find the few messages that kill a batch, so that they can be quarantined and the others go on."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from weir.error import WeirError

MOST_CULPRITS = 8
Process = Callable[[DataFrame], DataFrame]


def culprits(raw: DataFrame, process: Process, cause: Exception) -> tuple[int, ...]:
    """Raw rows of a failing batch -> the `seq` of each message that fails alone.

    Halves the range of `seq` again and again, so a batch of n messages takes about 2 log2(n) trials a culprit.
    When the halves succeed, or too much fails, the fault is not in a message: `cause` is raised again.
    """
    bounds = raw.agg(F.min("seq").alias("low"), F.max("seq").alias("high")).first()
    if bounds is None or bounds["low"] is None:
        raise cause
    found: list[int] = []
    _search(raw, process, bounds["low"], bounds["high"], found, cause)
    if not found:
        raise cause
    return tuple(found)


def _search(
    raw: DataFrame, process: Process, low: int, high: int, found: list[int], cause: Exception
) -> None:
    part = raw.where(F.col("seq").between(low, high))
    if part.isEmpty() or _succeeds(part, process):
        return
    if low == high:
        found.append(low)
        if len(found) > MOST_CULPRITS:
            raise WeirError(
                f"over {MOST_CULPRITS} messages fail alone, so the fault is elsewhere: {cause}"
            ) from cause
        return
    middle = (low + high) // 2
    _search(raw, process, low, middle, found, cause)
    _search(raw, process, middle + 1, high, found, cause)


def _succeeds(part: DataFrame, process: Process) -> bool:
    try:
        process(part).write.format("noop").mode("overwrite").save()
    except Exception:
        return False
    return True
