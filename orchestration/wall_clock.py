"""Spark waits for its next batch by the wall clock: a clock that was set back by hours would stop it for as long."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from weir.error import WeirError

# what a time server corrects now and then is waited for
MOST_BACK = 60


class ClockSetBack(WeirError):
    """The machine's clock was set back while streams were running."""


def _ahead() -> float:
    """How far the wall clock is ahead of the one that nobody can set."""
    return time.time() - time.monotonic()


@dataclass(slots=True)
class WallClock:
    """The clock as it was when it was last looked at."""

    ahead: float = field(default_factory=_ahead)

    def require_steady(self) -> None:
        """Return unless the clock was set back by more than a minute since the last look. Raises ClockSetBack."""
        before, self.ahead = self.ahead, _ahead()
        back = before - self.ahead
        if back > MOST_BACK:
            raise ClockSetBack(
                f"the clock was set back by {back:,.0f} seconds, for which the streams would stand still; start them "
                "again: nothing is lost, for order goes by seq and not by time"
            )
