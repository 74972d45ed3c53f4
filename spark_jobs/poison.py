"""Find the few messages that kill a batch, so that they can be quarantined and the others go on."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.failure import blames_storage
from weir.error import WeirError

MOST_CULPRITS = 8
Process = Callable[[DataFrame], DataFrame]


def culprits(raw: DataFrame, process: Process, cause: Exception) -> tuple[int, ...]:
    """Raw rows of a failing batch -> the `seq` of each message that fails alone.

    Halves the messages again and again, so a batch of n takes about 2 log2(n) trials a culprit.
    When the halves succeed, or too much fails, the fault is not in a message: `cause` is raised again; what storage
    does meanwhile is raised as it is.
    """
    found: list[int] = []
    _search(raw, process, found, cause)
    if not found:
        raise cause
    return tuple(found)


def _search(part: DataFrame, process: Process, found: list[int], cause: Exception) -> None:
    span = part.agg(
        F.min("seq").alias("low"), F.percentile_approx("seq", 0.5).alias("middle"), F.max("seq").alias("high")
    ).first()
    if span is None or span["low"] is None or _succeeds(part, process):
        return
    if span["low"] < span["high"]:
        _search(part.where(F.col("seq") <= span["middle"]), process, found, cause)
        _search(part.where(F.col("seq") > span["middle"]), process, found, cause)
        return
    found.append(span["low"])
    if len(found) > MOST_CULPRITS:
        raise WeirError(
            f"over {MOST_CULPRITS} messages fail alone, so the fault is elsewhere: {cause}"
        ) from cause


def _succeeds(part: DataFrame, process: Process) -> bool:
    try:
        process(part).write.format("noop").mode("overwrite").save()
    except Exception as failure:
        if blames_storage(failure):
            raise
        return False
    return True
