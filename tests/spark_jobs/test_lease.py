"""A lease has one live holder, and a dead one is in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from spark_jobs.lease import LeaseHeld, lease

HOLD = """
import sys, time
from pathlib import Path
from spark_jobs.lease import lease
with lease(Path(sys.argv[1]), "stream payments"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lease."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "payments")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_live_holder_refuses_the_next_and_is_named(tmp_path, holder):
    refusal = rf"'stream payments' \(pid {holder.pid} on .+\) has been writing since 20"
    with pytest.raises(LeaseHeld, match=refusal), lease(tmp_path / "payments", "release"):
        pass


def test_a_killed_holder_is_replaced_at_once(tmp_path, holder):
    holder.kill()
    holder.wait()
    with lease(tmp_path / "payments", "release") as (mine, left):
        assert mine.pid == os.getpid()
        assert left
        assert left.pid == holder.pid


def test_one_process_cannot_hold_a_lease_twice(tmp_path):
    path = tmp_path / "payments"
    with lease(path, "stream") as (mine, _), pytest.raises(LeaseHeld) as refused, lease(path, "release"):
        pass
    assert refused.value.holder == mine


def test_a_lease_is_free_again_after_its_block_even_when_that_failed(tmp_path):
    with pytest.raises(ZeroDivisionError), lease(tmp_path / "payments", "stream"):
        raise ZeroDivisionError
    with lease(tmp_path / "payments", "release") as (mine, left):
        assert (mine.name, left) == ("release", None)
