"""Speed and memory, printed with the machine, the cores and the versions. Nothing here is a test.

make bench                        features alone, micro-batches against growing history, a live service
make bench HANDBOOK=FOLDER        the Handbook's history too; the folder holds its daily files as Parquet
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

STEPS = ("features", "microbatch", "live")


def _run(step: str, *arguments: str) -> None:
    """Each step in a process and a home of its own, so that none warms or fills another's Spark."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as home:
        print(f"\n== {step}", flush=True)
        command = [sys.executable, "-m", f"bench.{step}", *arguments]
        subprocess.run(command, env=os.environ | {"WEIR_HOME": home}, check=True)


for name in STEPS:
    _run(name)
if handbook := os.environ.get("HANDBOOK"):
    _run("handbook", handbook)
else:
    print("\n== handbook: left out; say where its Parquet files are with make bench HANDBOOK=FOLDER")
