"""How expressions that users wrote meet values that they did not expect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

ANSI = "spark.sql.ansi.enabled"


@contextmanager
def values_never_raise(spark: SparkSession) -> Iterator[None]:
    """ANSI mode is off while a mapping's expressions are analysed: an implicit cast of 'abc' is then null.

    Spark notes the mode in each expression as it analyses it, so what comes later is not touched. Sums and
    products, which would wrap around, are try_* already.
    """
    before = spark.conf.get(ANSI)
    spark.conf.set(ANSI, "false")
    try:
        yield
    finally:
        spark.conf.set(ANSI, str(before))
