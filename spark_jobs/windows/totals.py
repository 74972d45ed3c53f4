"""Counts, sums and distinct values over a window: the total so far, less what has left the window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spark_jobs.windows.timeline import Flags, Ints, Timeline
from spark_jobs.windows.window import Window

Found = dict[str, NDArray[Any]]


def totals(time: Timeline, window: Window) -> Found:
    """A count or sum -> each column it makes; a wide number has a second axis."""
    holds = time[window.holds]
    return {made: _inside(time, _only(time[column], holds), window.span) for made, column in window.addends}


def distinct(time: Timeline, window: Window) -> Found:
    """How many values a window holds.

    A value counts from its occurrence until `span` later or its next occurrence, whichever comes first: it begins
    where the occurrence before is too old, and ceases where the next one comes too late.
    """
    value, begins, ceases = time[window.value], np.zeros(len(time), np.int64), np.zeros(len(time), np.int64)
    counted = np.flatnonzero(time[window.holds] & (value >= 0))
    order, which = _in_order_of_value(time.key[counted], value[counted])
    here, at = counted[order], time.at[counted[order]]
    apart = (which[1:] != which[:-1]) | (at[1:] - at[:-1] >= window.span)
    if len(here):
        begins[here] = np.concatenate(([True], apart))
        ceases[here] = np.concatenate((apart, [True]))
    return {window.name: np.cumsum(begins) - _up_to(ceases)[time.since(window.span)]}


def _inside(time: Timeline, given: NDArray[Any], span: int) -> NDArray[Any]:
    so_far = _up_to(given)
    return so_far[1:] - so_far[time.since(span)]


def _up_to(given: NDArray[Any]) -> NDArray[Any]:
    """Numbers -> the sum of all before each, and behind them the sum of all."""
    total = np.zeros((len(given) + 1, *given.shape[1:]), np.int64)
    np.cumsum(given, axis=0, out=total[1:])
    return total


def _only(given: NDArray[Any], holds: Flags) -> NDArray[Any]:
    return given * (holds if given.ndim == 1 else holds[:, np.newaxis])


def _in_order_of_value(key: Ints, value: Ints) -> tuple[Ints, Ints]:
    alike = key * (int(value.max(initial=0)) + 1) + value
    order = np.argsort(alike, kind="stable")
    return order, alike[order]
