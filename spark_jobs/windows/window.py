"""What the arrays of a task need to know of a feature: names of columns, and microseconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """One feature over the rows of its key.

    key: its columns; rest: those beyond its group's; holds: the column that tells whether a row counts; value: the
    column of the values that are compared, or ''; addends: for counts and sums, (column it makes, column it adds up).
    """

    name: str
    kind: str
    key: tuple[str, ...]
    rest: tuple[str, ...]
    holds: str
    span: int
    gap: int
    value: str
    addends: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it makes."""
        return tuple(made for made, _ in self.addends) or (self.name,)


@dataclass(frozen=True, slots=True)
class KeyWindows:
    """The windows of all features whose keys contain `root`; `member`: whose even numbers are rows of such a key."""

    root: tuple[str, ...]
    member: str
    windows: tuple[Window, ...]

    @property
    def columns(self) -> list[str]:
        """The columns its windows are found from."""
        added = {column for window in self.windows for _, column in window.addends}
        holds = {window.holds for window in self.windows}
        return ["at", "seq", "part", "in_batch", *sorted(added | holds), *self.compared]

    @property
    def compared(self) -> list[str]:
        """The columns whose values are only compared: keys and what is remembered."""
        values = {window.value for window in self.windows if window.value}
        return sorted({*self.root, *values}.union(*(window.key for window in self.windows)))
