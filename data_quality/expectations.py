"""Great Expectations, imported quietly: no analytics, no progress bars, no Spark Connect.

Importing it takes seconds, so only who judges a table imports this module.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CONNECT = ("pyspark.sql.connect.dataframe", "pyspark.sql.connect.session")


@contextmanager
def _without_spark_connect() -> Iterator[None]:
    """Make Spark Connect look absent: half there, it silently ends a process that has no main file."""
    hidden = [name for name in CONNECT if name not in sys.modules]
    for name in hidden:
        # None makes its import an ImportError, which Great Expectations expects
        sys.modules[name] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
logging.getLogger("great_expectations").setLevel(logging.ERROR)
with _without_spark_connect():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.checkpoint.actions import UpdateDataDocsAction
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.row_conditions import Column as RowColumn

__all__ = [
    "DataContextConfig",
    "FailureSeverity",
    "ProgressBarsConfig",
    "RowColumn",
    "UpdateDataDocsAction",
    "gx",
    "gxe",
]
