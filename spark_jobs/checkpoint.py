"""Whether a query can go on from a checkpoint, asked before it starts: of a broken file Spark tells in Java."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from spark_jobs.storage import file_names, read_text
from weir.error import WeirError

# what Weir keeps of a query beside Spark's own files: each is one JSON value, the epoch a number
EPOCH, SETTLED, START, MAX_AGES = "epoch", "settled.json", "start", "kept/max_ages.json"


class BrokenCheckpoint(WeirError):
    """A file of a checkpoint does not hold what was written into it."""

    def __init__(self, checkpoint: str, file: str, fault: str) -> None:
        super().__init__(
            f"{checkpoint}/{file}: {fault}; put back a whole copy of the checkpoint, or move it away and go on "
            "behind what the tables hold with --new-epoch"
        )


def require_whole(spark: SparkSession, checkpoint: str) -> None:
    """Return when a query can go on from here, or has not begun yet. Raises BrokenCheckpoint.

    A power cut leaves files that are empty or torn, for nobody waits until the disk has what is written.
    """
    begun, done = newest_batch(spark, checkpoint, "offsets"), newest_batch(spark, checkpoint, "commits")
    if begun < done:
        # Spark would begin with batch 0 again, and the tables would take its rows for those they have
        raise BrokenCheckpoint(checkpoint, "offsets", f"ends at batch {begun}, but {done} was done")
    for file, is_whole in _files(begun, done):
        text = whole_text(spark, checkpoint, file, is_whole)
        if text is None and file == EPOCH and begun >= 0:
            raise BrokenCheckpoint(checkpoint, file, "is gone")


def newest_batch(spark: SparkSession, checkpoint: str, log: str) -> int:
    """The newest batch in one of Spark's two logs, offsets or commits; -1 when there is none."""
    names = file_names(spark, f"{checkpoint}/{log}")
    return max((int(name) for name in names if name.isdecimal()), default=-1)


def newest_offset(spark: SparkSession, checkpoint: str) -> str | None:
    """The source's offset (JSON) with which the newest batch that was begun ends, None when none was."""
    return offset_of(spark, checkpoint, newest_batch(spark, checkpoint, "offsets"))


def offset_of(spark: SparkSession, checkpoint: str, batch: int) -> str | None:
    """The offset (JSON) of a query's only source with which a batch ends, None when it is not there."""
    # one line each: the version, the batch's own facts, the source's offset
    text = read_text(spark, f"{checkpoint}/offsets/{batch}")
    return None if text is None else text.splitlines()[2]


def first_offset(spark: SparkSession, checkpoint: str) -> str | None:
    """The offset (JSON) with which batch 0 begins; None when nothing was planned, or the source does not note it."""
    # of Spark's own sources only Kafka writes this: a zero byte for old readers, a line for the version, the offset
    text = read_text(spark, f"{checkpoint}/sources/0/0")
    return text.partition("\n")[2] if text else None


def _is_json(text: str) -> bool:
    """Whether a text is a whole JSON value."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def whole_text(
    spark: SparkSession, checkpoint: str, file: str, is_whole: Callable[[str], bool] = _is_json
) -> str | None:
    """A file of a checkpoint -> its text, None when it is not there. Raises BrokenCheckpoint when it is not whole."""
    try:
        text = read_text(spark, f"{checkpoint}/{file}")
    except (Py4JJavaError, UnicodeDecodeError) as error:
        message = error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error.reason
        raise BrokenCheckpoint(checkpoint, file, f"cannot be read ({message})") from error
    if text is not None and not is_whole(text):
        raise BrokenCheckpoint(checkpoint, file, f"is broken ({text[:40]!r})")
    return text


def _files(begun: int, done: int) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """What Spark and Weir read of a checkpoint when they go on, and how it looks when it is whole."""
    yield EPOCH, str.isdecimal
    for file in ("metadata", SETTLED, START, MAX_AGES):
        yield file, _is_json
    # Spark goes on from the newest two
    for batch in range(max(begun - 1, 0), begun + 1):
        yield f"offsets/{batch}", _is_log
    if done >= 0:
        yield f"commits/{done}", _is_log


def _is_log(text: str) -> bool:
    """Whether a text is a version and then JSON by lines, as Spark writes both of its logs."""
    version, *lines = text.splitlines() or [""]
    return version.startswith("v") and bool(lines) and all(line == "-" or _is_json(line) for line in lines)
