"""Spark for Dagster: a run starts it with the first asset that needs it, a code location never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster import ConfigurableResource

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Spark(ConfigurableResource[None]):
    """One session per run process."""

    @property
    def session(self) -> SparkSession:
        """This process's session; the first call takes 6-7 s."""
        from spark_jobs.session import spark_session

        return spark_session("weir dagster")
