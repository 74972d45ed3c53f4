"""A real Spark cluster on this machine: a master and a worker, whose executors are processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pyspark

from spark_jobs.jars import jars
from spark_jobs.session import JAVA_OPTIONS, JAVA_WRAPPER, find_java
from tests.started import SHORT_LIVED_JAVA, free_port, wait_until

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
DEPLOY = "org.apache.spark.deploy"
# as one asks for of a cluster whose executors may not have registered yet
SHUFFLE_TASKS = 3


@contextmanager
def spark_cluster(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a program that runs on the cluster; `folder` gets logs, and `work` what executors leave."""
    folder.mkdir()
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    with ExitStack() as cluster:
        master = cluster.enter_context(_daemon(folder, "master.Master", "--port", str(port)))
        wait_until(lambda: _listens(port), master)
        work = ("--work-dir", str(folder / "work"), "--cores", "2", "--memory", "1g", url)
        cluster.enter_context(_daemon(folder, "worker.Worker", *work))
        yield _environment() | {"PYSPARK_SUBMIT_ARGS": _arguments(url)}


def _arguments(url: str) -> str:
    """As docs/cluster.md has them, with the little memory and the quick start of a test."""
    java = f"{JAVA_OPTIONS} {SHORT_LIVED_JAVA} -Duser.timezone=UTC"
    return (
        f"--master {url} --driver-memory 1g --executor-memory 1g --jars {','.join(jars())} "
        f"--conf spark.sql.shuffle.partitions={SHUFFLE_TASKS} "
        f"--conf 'spark.driver.extraJavaOptions={java}' --conf 'spark.executor.extraJavaOptions={java}' pyspark-shell"
    )


def _environment() -> dict[str, str]:
    return os.environ | {
        "JAVA_HOME": str(JAVA_WRAPPER),
        "WEIR_JAVA": str(find_java()),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


@contextmanager
def _daemon(folder: Path, name: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(SPARK_CLASS), f"{DEPLOY}.{name}", "--host", "127.0.0.1", "--webui-port", "0", *words]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=_environment(), stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
