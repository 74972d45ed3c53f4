"""The dashboards in a real browser: served on a free port, opened, and taken a picture of.

    python -m dashboards.screenshot docs/images/overview.png --page overview

shows the marts of WEIR_HOME. The browser is Debian's chromium, driven by Playwright.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"overview": "/", "alerts": "/alerts", "health": "/health", "quarantine": "/quarantine"}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
STARTED_WITHIN = 240  # seconds; generous, because it is not speed that is looked at here
DRAWN_WITHIN = 240_000  # milliseconds


class BrowserMissingError(Exception):
    """There is no chromium on this machine."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve the dashboards of this environment's WEIR_HOME on a free loopback port -> their address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    options += ["--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"]
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/streamlit_app.py", *options]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()  # it holds nothing that a farewell would save
        server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    ended = (
        f"ended with {server.returncode}"
        if server.poll() is not None
        else f"was silent for {STARTED_WITHIN} s"
    )
    raise RuntimeError(f"streamlit at {address} {ended}; what it printed is above")


@contextmanager
def browsing() -> Iterator[Browser]:
    """A headless chromium. Raises BrowserMissingError with the mend."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise BrowserMissingError(
            "no chromium here: run `scripts/browser` as root, or apt-get install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


def visit(page: Page, address: str) -> None:
    """Open an address and wait until everything on it is drawn."""
    page.goto(address, timeout=DRAWN_WITHIN)
    wait_until_drawn(page)


def wait_until_drawn(page: Page) -> None:
    """Wait until the script has ended, and each chart and table it made is there."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=DRAWN_WITHIN)
    page.wait_for_selector('[data-testid="stMainBlockContainer"]', timeout=DRAWN_WITHIN)
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
            .every(chart => chart.querySelector('.main-svg'))
            && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')""",
        timeout=DRAWN_WITHIN,
    )
    page.wait_for_timeout(700)  # what is drawn on a canvas fades in


def whole_height(page: Page) -> int:
    """How high the page's content is in pixels, what must be scrolled to included."""
    return page.evaluate("document.querySelector('[data-testid=\"stMainBlockContainer\"]').scrollHeight")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m dashboards.screenshot", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("image", type=Path, help="the PNG to write")
    parser.add_argument("--page", choices=PAGES, default="overview")
    parser.add_argument(
        "--query", default="", help="parameters of the address, such as 'domain=payments&range=all'"
    )
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=900, help="of the window; 0 is the whole page")
    chosen = parser.parse_args()
    with serving() as address, browsing() as browser:
        page = browser.new_page(viewport={"width": chosen.width, "height": chosen.height or 900})
        visit(page, f"{address}{PAGES[chosen.page]}?{chosen.query}")
        if not chosen.height:
            page.set_viewport_size({"width": chosen.width, "height": whole_height(page)})
            wait_until_drawn(page)
        chosen.image.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=chosen.image)
    print(chosen.image)


if __name__ == "__main__":
    main()
