"""What every test may use: the one Spark session of the process, and a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spark_jobs.session import spark_session


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = spark_session("tests")
    yield session
    session.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A WEIR_HOME that is this test's alone."""
    monkeypatch.setenv("WEIR_HOME", str(tmp_path))
    for name in ("WEIR_LAKE", "WEIR_CHECKPOINTS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
