"""`weir ui` opens both pages and takes both along when it ends."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.kafka_broker import free_port

UI = "from orchestration.commands import main; main()"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def wait_until_open(addresses, run):
    deadline = time.monotonic() + PATIENCE
    while not all(answers(address) for address in addresses):
        assert run.poll() is None, "weir ui ended by itself"
        assert time.monotonic() < deadline, f"{addresses} did not open"
        time.sleep(0.5)


def test_both_pages_open_without_a_warning_and_end_with_the_command(home, tmp_path):
    dagster, dashboards = free_port(), free_port()
    addresses = [f"http://127.0.0.1:{dagster}/server_info", f"http://127.0.0.1:{dashboards}/_stcore/health"]
    ports = ["--dagster-port", str(dagster), "--dashboards-port", str(dashboards)]
    printed = tmp_path / "printed"
    with (
        printed.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", UI, "ui", *ports], cwd=ROOT, stdout=output, stderr=output, text=True
        ) as run,
    ):
        try:
            wait_until_open(addresses, run)
        finally:
            run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) == 0
    assert not any(answers(address) for address in addresses)
    assert "WARNING" not in printed.read_text()
