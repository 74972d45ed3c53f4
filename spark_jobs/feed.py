"""A source that was opened for landing, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from weir.settings import settings


@dataclass(frozen=True, slots=True)
class Run:
    """One start of a landing query.

    query: its transaction id `name:epoch`. mapping: the hash of a kept mapping that its messages name.
    """

    spark: SparkSession
    domain: str
    query: str
    checkpoint: str
    format: str
    mapping: str | None

    @property
    def raw(self) -> str:
        """Where raw/<domain> is."""
        return settings().table("raw", self.domain)


@dataclass(frozen=True, slots=True)
class Feed:
    """A stream, what lands a batch of it, and what can be told of it.

    files: how many this feed has landed. left_out: a line for each file whose bytes `raw` does not hold.
    require_kept: raises MessagesGone when the source has lost what had not landed.
    """

    rows: DataFrame
    land: Callable[[DataFrame, int], None]
    files: Callable[[], int] = lambda: 0
    left_out: Callable[[], list[str]] = list
    require_kept: Callable[[], None] = lambda: None
