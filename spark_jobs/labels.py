"""labels/<domain>: what events turned out to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import create_table, ddl, merge_into, read_table
from spark_jobs.sources.parquet_rows import without_pattern
from spark_jobs.writing import writing
from weir.error import WeirError
from weir.settings import settings
from weir.tables import LABELS

EXAMPLE = '{"event_id": "e1", "is_fraud": true, "labeled_at": "2024-03-01T00:00:00Z", "source": "host"}'
REQUIRED = ("event_id", "is_fraud", "labeled_at", "source")
# a source that has changed its mind says so later: both stay, and the newest counts
KEY = ["event_id", "source", "labeled_at"]


class LabelError(WeirError):
    """A line that is no label."""


@contextmanager
def loading_labels(domain: str, holder: str) -> Iterator[None]:
    """Hold the lease of who changes a domain's labels: its streams go on meanwhile. Raises LeaseHeld."""
    with writing(f"labels-{domain}", holder):
        yield


def load_labels(spark: SparkSession, domain: str, file: Path) -> int:
    """JSON lines of LABELS -> how many were new; one whose event_id, source and labeled_at are there is passed over.

    Raises LabelError with the first line that is no label, and then loads none; LeaseHeld.
    """
    with loading_labels(domain, "weir labels"):
        return _load(spark, domain, file)


def _load(spark: SparkSession, domain: str, file: Path) -> int:
    path = settings().table("labels", domain)
    create_table(spark, path, LABELS)
    labels = _read(spark, file)
    bad = labels.where(" or ".join(f"{name} is null" for name in REQUIRED)).select("line").head()
    if bad:
        raise LabelError(_complaint(file, bad["line"]))
    before = read_table(spark, path).count()
    # one file may hold a label twice
    once = labels.drop("line").dropDuplicates(KEY)
    merge_into(path, once, on=" and ".join(f"held.{name} = new.{name}" for name in KEY))
    return read_table(spark, path).count() - before


def _read(spark: SparkSession, file: Path) -> DataFrame:
    if file.name.startswith(("_", ".")):
        raise LabelError(f"{file}: Spark passes over files whose names begin with _ or .; rename it")
    lines = spark.read.text(without_pattern(file)).where("trim(value) <> ''")
    return lines.select(F.from_json("value", ddl(LABELS)).alias("label"), "value").select(
        *(F.col(f"label.{name}") for name in LABELS), F.col("value").alias("line")
    )


def _complaint(file: Path, line: str) -> str:
    lines = file.read_text("utf-8", "replace").splitlines()
    number = lines.index(line) + 1 if line in lines else 0
    return f"{file}:{number} {line[:200]}: is not a label; write it like {EXAMPLE}"
