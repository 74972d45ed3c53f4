"""Find the few messages that kill a batch, so that they can be quarantined and the others go on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.failure import blames_storage
from weir.error import WeirError

# more that fail alone are to blame only while as many others succeed
MOST_ALONE = 8
log = logging.getLogger("weir.poison")
Process = Callable[[DataFrame], DataFrame]
Note = Callable[[tuple[int, ...]], None]


def culprits(raw: DataFrame, process: Process, cause: Exception, note: Note) -> tuple[int, ...]:
    """Raw rows of a failing batch -> the `seq` of each message that fails alone.

    note: called at each find with all so far, so that an end meanwhile does not lose them.
    Halves the messages again and again, so a batch of n takes about 2 log2(n) trials a culprit.
    When the halves succeed the fault is not in a message: `cause` is raised again. Nor is it when most messages fail:
    WeirError. What storage does meanwhile is raised as it is.
    """
    search = _Search(process, cause, note)
    if not search.succeeds(raw):
        search.look_into(raw)
    if not search.found:
        raise cause
    return tuple(search.found)


@dataclass(slots=True)
class _Search:
    process: Process
    cause: Exception
    note: Note
    found: list[int] = field(default_factory=list)
    succeeded: int = 0

    def look_into(self, part: DataFrame) -> None:
        """Note the culprits of a part that fails."""
        seq = F.col("seq")
        bounds = F.min(seq), F.percentile_approx(seq, 0.5), F.max(seq), F.count(seq)
        low, middle, high, count = part.agg(*bounds).collect()[0]
        if low == high:
            return self._add(low)
        halves = [part.where(seq <= middle), part.where(seq > middle)]
        # both are tried before one is looked into: it tells how many succeed
        failing = [half for half in halves if not self.succeeds(half)]
        self.succeeded += (2 - len(failing)) * (count // 2)
        for half in failing:
            self.look_into(half)

    def _add(self, seq: int) -> None:
        self.found.append(seq)
        if self.succeeded >= len(self.found):
            self.note(tuple(self.found))
            log.warning("%d messages fail alone so far, the newest of seq %d", len(self.found), seq)
        elif len(self.found) > MOST_ALONE:
            raise WeirError(
                f"{len(self.found)} messages fail alone and fewer succeed, so the fault is elsewhere: {self.cause}; "
                "if it was in the pack, mend it, move the checkpoint away and go on with --new-epoch"
            ) from self.cause

    def succeeds(self, part: DataFrame) -> bool:
        try:
            self.process(part).write.format("noop").mode("overwrite").save()
        except Exception as failure:
            if blames_storage(failure):
                raise
            return False
        return True
