"""Sums that cannot overflow on the way: a value is summed in two limbs, and only the answer must fit.

A running total covers far more rows than any window: its overflow would void windows that fit, and would
depend on how much history was read.
"""

from __future__ import annotations

from pyspark.sql import types as T

LONG_BITS = 32
LOW_MASK = f"{2**LONG_BITS - 1}L"
DECIMAL_BASE = f"{10**18}BD"


def limb_names(value: str) -> tuple[str, str]:
    return f"{value}_high", f"{value}_low"


def limbs(value: str, kind: T.DataType) -> tuple[str, str]:
    """SQL of an integer of that type -> SQL of its high and low limb, 0 for null.

    The base is 10^18 for a decimal(p, 0) and 2^32 for every other integer.
    """
    if isinstance(kind, T.DecimalType):
        low = f"({value} % {DECIMAL_BASE})"
        high = f"cast(({value} - {low}) / {DECIMAL_BASE} as decimal(20, 0))"
        return f"coalesce({high}, 0BD)", f"coalesce(cast({low} as decimal(18, 0)), 0BD)"
    long = f"coalesce(cast({value} as bigint), 0L)"
    return f"shiftright({long}, {LONG_BITS})", f"({long} & {LOW_MASK})"


def whole(high: str, low: str, kind: T.DataType) -> str:
    """SQL of both limbs' sums -> SQL of their value, null when it does not fit bigint or decimal(38, 0)."""
    if isinstance(kind, T.DecimalType):
        scaled = f"try_multiply(cast({high} as decimal(38, 0)), {DECIMAL_BASE})"
        return f"try_add(cast({scaled} as decimal(38, 0)), cast({low} as decimal(38, 0)))"
    carried = f"({high} + shiftright({low}, {LONG_BITS}))"
    fits = f"{carried} between {-(2 ** (LONG_BITS - 1))}L and {2 ** (LONG_BITS - 1) - 1}L"
    return f"if({fits}, shiftleft({carried}, {LONG_BITS}) | ({low} & {LOW_MASK}), null)"
