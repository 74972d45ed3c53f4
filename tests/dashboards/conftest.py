"""The sample's marts, published once for all tests of the dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.dashboards.sample_marts import publish_sample


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WEIR_HOME with the sample's marts in it; tests only read it."""
    home = tmp_path_factory.mktemp("sample_home")
    publish_sample(home)
    return home


@pytest.fixture
def published(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample's home as this test's WEIR_HOME."""
    monkeypatch.setenv("WEIR_HOME", str(sample_home))
    return sample_home


@pytest.fixture(scope="session")
def sample(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's marts, read-only."""
    version = (sample_home / "marts" / "current").read_text()
    connection = duckdb.connect(sample_home / "marts" / version / "warehouse.duckdb", read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    yield connection
    connection.close()
