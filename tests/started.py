"""A process that a test starts: a free port for it, and the wait until it does what it was started for."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from typing import Any

PATIENCE = 180
# small data never pays for the optimising compiler, which doubles the time of a test run, nor for having Spark's own
# classes verified at each start
# (with one compiler the JVM keeps room for 48 MB of code, which Spark's generated classes outgrow)
SHORT_LIVED_JAVA = (
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC -Xmn200m"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(address: str) -> bool:
    """Whether an HTTP server answers there, and well."""
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[Any]) -> None:
    """Return when it is so. Raises RuntimeError when the process has ended, or PATIENCE has."""
    until = time.monotonic() + PATIENCE
    while not reached():
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        if time.monotonic() > until:
            raise RuntimeError(f"{process.args} is not ready after {PATIENCE} s")
        time.sleep(0.05)
