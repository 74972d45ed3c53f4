"""What a figure was measured on, and how much processor time and memory a step took."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("pyspark", "delta-spark", "duckdb", "pyarrow")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Spent:
    """Seconds on the clock, processor seconds of this process with its children, and the peak of their memory."""

    wall: float = 0.0
    processor: float = 0.0
    peak_gib: float = 0.0

    def line(self, what: str, events: int) -> str:
        """('landing', 1000000) -> one line with the rate per second and per processor second."""
        return (
            f"{what:<28}{events:>11,} events {self.wall:>8.1f} s {events / self.wall:>10,.0f}/s "
            f"{self.processor:>8.1f} cpu-s {events / max(self.processor, 0.01):>9,.0f}/cpu-s "
            f"peak {self.peak_gib:.1f} GiB"
        )


def machine() -> str:
    """The machine, its cores and the versions, in one line."""
    with Path("/proc/cpuinfo").open() as lines:
        model = next(
            (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
            platform.machine(),
        )
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


@contextmanager
def spending() -> Iterator[Spent]:
    """Measure what happens inside: wall, processor time of the whole process tree, peak memory since it began."""
    spent, wall, processor = Spent(), time.perf_counter(), _processor_seconds()
    yield spent
    spent.wall = time.perf_counter() - wall
    spent.processor = _processor_seconds() - processor
    spent.peak_gib = sum(_kib(process, "VmHWM") for process in _tree(os.getpid())) / 2**20


def resident_mib(root: int) -> float:
    """A process -> the memory that it and all it started hold now."""
    return sum(_kib(process, "VmRSS") for process in _tree(root)) / 1024


def _tree(root: int) -> list[int]:
    """A process and all that it started, the JVM and Spark's Python workers among them."""
    parents = {
        int(path.name): _stat(path)[1]
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and _stat(path)
    }
    tree = [root]
    for process in tree:
        tree += [child for child, parent in parents.items() if parent == process]
    return tree


def _processor_seconds() -> float:
    fields = [_stat(Path("/proc") / str(process)) for process in _tree(os.getpid())]
    return sum(sum(stat[11:15]) for stat in fields if stat) / TICKS


def _stat(path: Path) -> list[int]:
    """/proc/<id>/stat after the command's name, as numbers: [1] parent, [11:15] times of it and of ended children."""
    try:
        text = (path / "stat").read_text()
    except OSError:
        return []
    return [0, *(int(field) for field in text.rpartition(")")[2].split()[1:15])]


def _kib(process: int, name: str) -> int:
    try:
        status = (Path("/proc") / str(process) / "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")), 0)
