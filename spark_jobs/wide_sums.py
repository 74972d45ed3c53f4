"""Sums that cannot overflow on the way: a value is summed in two limbs, and only the answer must fit.

A running total covers far more rows than any window, so its overflow would void windows that fit, and would depend on
how much history was read.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

LONG_BITS = 32
DECIMAL_BASE = 10**18


def limb_names(value: str) -> tuple[str, str]:
    return f"{value}_high", f"{value}_low"


def limbs(value: Column, kind: T.DataType) -> tuple[Column, Column]:
    """An integer column of that type -> its high and low limb (null: 0); decimal(38,0) by 10^18, the rest by 2^32."""
    if isinstance(kind, T.DecimalType):
        low = value % F.lit(DECIMAL_BASE).cast("decimal(19,0)")
        high = (value - low) / F.lit(DECIMAL_BASE).cast("decimal(19,0)")
        zero = F.lit(0).cast("decimal(20,0)")
        return tuple(F.coalesce(limb.cast("decimal(20,0)"), zero) for limb in (high, low))  # pyright: ignore
    long = F.coalesce(value.cast("bigint"), F.lit(0).cast("bigint"))
    return F.shiftright(long, LONG_BITS), long.bitwiseAND(F.lit(2**LONG_BITS - 1))


def whole(high: Column, low: Column, kind: T.DataType) -> Column:
    """Sums of both limbs -> their value in the type of `limbs`' input, null when it does not fit."""
    if isinstance(kind, T.DecimalType):
        scaled = F.try_multiply(high.cast("decimal(38,0)"), F.lit(DECIMAL_BASE).cast("decimal(19,0)"))
        return F.try_add(scaled.cast("decimal(38,0)"), low.cast("decimal(38,0)"))
    carried = high + F.shiftright(low, LONG_BITS)
    kept = low.bitwiseAND(F.lit(2**LONG_BITS - 1))
    fits = carried.between(-(2 ** (LONG_BITS - 1)), 2 ** (LONG_BITS - 1) - 1)
    return F.when(fits, F.shiftleft(carried, LONG_BITS).bitwiseOR(kept))
