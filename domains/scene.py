"""What attackers find in any domain: its population, what it does of itself, and who has habits to break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from domains.traffic import DAY, HOUR, Span

Crowd = TypeVar("Crowd")
WELL_KNOWN = 6  # events after which somebody has habits to break


@dataclass(frozen=True, slots=True)
class Scene(Generic[Crowd]):
    """The population, its ordinary events, and which rows of those are of well-known users."""

    rng: np.random.Generator
    crowd: Crowd
    span: Span
    ordinary: np.ndarray
    known: np.ndarray

    def victim(self) -> tuple[int, int]:
        """A user with habits and a moment (microseconds) hours after an ordinary event of theirs."""
        row = self.ordinary[self.rng.choice(self.known)]
        return int(row["user"]), int(row["occurred"]) + self.between(HOUR, 6 * HOUR - 1)

    def moment(self) -> int:
        """Any moment but the first and the last day's."""
        return self.between(self.span.first + DAY, self.span.last - DAY - 1)

    def stolen(self) -> int:
        """A number nobody else has: for what is the attacker's own."""
        return self.between(0, (1 << 60) - 1)

    def between(self, low: int, high: int) -> int:
        """Any whole number from `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))
