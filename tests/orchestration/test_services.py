"""`weir ui` opens both pages and takes both along when it ends."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.started import free_port, is_open, wait_until

# as what a script starts in the background
IGNORING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
UI = "from orchestration.commands import main; main()"
ROOT = Path(__file__).resolve().parents[2]


def test_both_pages_open_without_a_warning_and_end_with_the_command(home, tmp_path):
    dagster, dashboards = free_port(), free_port()
    addresses = [f"http://127.0.0.1:{dagster}/server_info", f"http://127.0.0.1:{dashboards}/_stcore/health"]
    ports = ["--dagster-port", str(dagster), "--dashboards-port", str(dashboards)]
    printed = tmp_path / "printed"
    with (
        printed.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", IGNORING, sys.executable, "-c", UI, "ui", *ports],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            text=True,
        ) as run,
    ):
        try:
            wait_until(lambda: all(map(is_open, addresses)), run)
        finally:
            run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) == 0
    assert not any(map(is_open, addresses))
    assert "WARNING" not in printed.read_text()
