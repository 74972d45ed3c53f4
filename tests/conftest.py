"""What every test may use: the one Spark session of the process, and a home of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spark_jobs.jars import KAFKA, S3A
from spark_jobs.session import spark_session
from tests.kafka_broker import Broker, broker
from tests.narrow_payments import BRIEF, write_narrow_payments
from tests.s3_server import KEY, SECRET
from tests.started import SHORT_LIVED_JAVA, free_port

os.environ["WEIR_SPARK_JAVA_OPTIONS"] = SHORT_LIVED_JAVA
# of Spark's Python workers too, which take what is set before Java starts: no test ever reaches AWS
os.environ |= {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{free_port()}",
}
FIGURES = "figures"
# those that take more than a minute, the longest first, so that no process is left with one of them at the end
LONGEST = (
    "spark_jobs/test_kill.py",
    "orchestration/test_erasure.py",
    "test_arrival.py",
    "orchestration/test_on_s3.py",
    "orchestration/test_demo.py",
    "spark_jobs/test_upkeep.py",
    "spark_jobs/test_release.py",
    "spark_jobs/test_fuzzed.py",
    "orchestration/test_services.py",
    "orchestration/test_disk_full.py",
    "spark_jobs/test_settled.py",
    "spark_jobs/test_power_cut.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are handed out whole and in this order to the processes."""
    places = {Path(__file__).parent / name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[object], None]:
    """A function: what a proof has counted -> a line at the end of the run; what a passing test prints is not shown."""
    return partial(record_property, FIGURES)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the proofs."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    lines = [
        f"{report.nodeid}: {text}"
        for report in reports
        for name, text in getattr(report, "user_properties", ())
        if name == FIGURES
    ]
    if lines:
        terminalreporter.section("what the proofs counted")
        terminalreporter.write("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = spark_session("tests", (*KAFKA, *S3A))
    yield session
    session.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A WEIR_HOME that is this test's alone."""
    monkeypatch.setenv("WEIR_HOME", str(tmp_path))
    for name in ("WEIR_LAKE", "WEIR_CHECKPOINTS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def brief_payments(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack of payments has few features: for tests of what becomes of messages."""
    monkeypatch.setenv("WEIR_DOMAINS", str(write_narrow_payments(home / "packs", **BRIEF)))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The one broker of the process: a test takes topics of its own."""
    with broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def published_sample(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample lake and its published marts: one for all tests, so none may change it."""
    from orchestration.marts import build_marts
    from tests.sample_lake import write_sample_lake, write_sample_quality

    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("sample")
        patch.setenv("WEIR_HOME", str(path))
        write_sample_lake(spark)
        write_sample_quality(spark)
        build_marts()
    return path


@pytest.fixture
def sample_home(published_sample: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """WEIR_HOME is the sample that all tests share: to be read only."""
    monkeypatch.setenv("WEIR_HOME", str(published_sample))
    return published_sample
