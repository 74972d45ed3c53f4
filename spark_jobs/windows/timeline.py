"""Rows of keys in the order of time, as arrays: what is where, and where a window begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by key and, within a key, by time and arrival.

    columns: arrays with the row number as first axis, in any order: `at` (microseconds), `arrival` (a rank),
    equal values as equal numbers, -1 for null. row: which of them stands here. key: numbers 0, 1, 2 ... of the
    keys. A position is an index into `row`, never one into `columns`.
    """

    columns: Columns
    row: Ints
    key: Ints
    _since: dict[int, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column in this order."""
        return self.columns[name][self.row]

    @cached_property
    def at(self) -> Ints:
        return self["at"]

    @cached_property
    def first(self) -> Ints:
        """The position of the first row of each row's key."""
        return np.flatnonzero(is_first(self.key))[self.key]

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        """The different times there are, and each row's (key, time) as one ascending number."""
        times, rank = np.unique(self.at, return_inverse=True)
        return times, self.key * len(times) + rank

    def since(self, span: int) -> Ints:
        """The position of the first row of the key that is younger than `span` microseconds before each row."""
        if span not in self._since:
            times, places = self._places
            begin = self.key * len(times) + np.searchsorted(times, self.at - span, side="right")
            self._since[span] = np.searchsorted(places, begin)
        return self._since[span]

    def latest(self, counted: Flags) -> Ints:
        """The position of the last counted row of the key up to each row, itself included; -1 of none."""
        seen = np.maximum.accumulate(np.where(counted, np.arange(len(self)), -1))
        return np.where(seen >= self.first, seen, -1)

    def previous(self, counted: Flags) -> Ints:
        """The position of the last counted row of the key before each row; -1 of none."""
        seen = np.maximum.accumulate(np.where(counted, np.arange(len(self)), -1))
        before = np.concatenate(([-1], seen[:-1]))
        return np.where(before >= self.first, before, -1)

    def split(self, names: Sequence[str]) -> tuple[Ints, Timeline]:
        """Finer keys -> the positions in their order, and the rows in it."""
        if not names:
            return np.arange(len(self)), self
        finer = combined([self.key, *(self[name] for name in names)])
        order = np.argsort(finer, kind="stable")
        return order, Timeline(self.columns, self.row[order], numbered(finer[order]))


def timeline(columns: Columns, rows: Ints, keys: Sequence[Ints]) -> Timeline:
    """Rows of `columns` with the parts of their keys, each as long as `rows`."""
    key = combined(keys)
    order = np.lexsort((columns["arrival"][rows], columns["at"][rows], key))
    return Timeline(columns, rows[order], numbered(key[order]))


def combined(parts: Sequence[Ints]) -> Ints:
    """Numbers from -1 on -> one number for each combination of them, ascending as they do."""
    whole, size = parts[0], int(parts[0].max(initial=0)) + 1
    for part in parts[1:]:
        width = int(part.max(initial=0)) + 2
        if size * width >= 2**62:
            found, whole = np.unique(whole, return_inverse=True)
            size = len(found)
        whole, size = whole * width + (part + 1), size * width
    return whole


def numbered(ascending: Ints) -> Ints:
    """Ascending numbers, some of them alike -> 0, 1, 2 ... for the different ones."""
    return np.cumsum(is_first(ascending)) - 1


def is_first(ascending: Ints) -> Flags:
    """Whether each differs from the one before it."""
    return np.concatenate((np.ones(min(1, len(ascending)), bool), ascending[1:] != ascending[:-1]))
