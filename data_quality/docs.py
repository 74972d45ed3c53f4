"""Data Docs that call nobody: pages show values of a fraud lake, and are read where there is no network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from shutil import rmtree

KEPT_RUNS = 20
REMOTE = re.compile(r"<(?:link|script|img)\b[^>]*\b(?:href|src)=\"https?://[^>]*>(?:</script>)?")
REMOTE_IMAGE = re.compile(r"url\(['\"]?https?://[^)]*\)")
STYLE = f"<style>{Path(__file__).with_suffix('.css').read_text()}</style>"


@dataclass(frozen=True, slots=True)
class Run:
    """One result in the store: its page, the suite, when (RFC 3339), and how many checks passed."""

    page: Path
    suite: str
    at: str
    passed: int
    checks: int

    @property
    def day(self) -> date:
        """The day it was judged, in UTC."""
        return datetime.fromisoformat(self.at).astimezone(UTC).date()


def tidy_docs(docs: Path) -> None:
    """Keep the newest KEPT_RUNS runs of each suite, make their pages whole in themselves, write the index."""
    results, site = docs / "results", docs / "site"
    runs = sorted(_runs(results), key=lambda run: run.at, reverse=True)
    kept = [run for place, run in _placed(runs) if place < KEPT_RUNS]
    for run in set(runs) - set(kept):
        rmtree((results / run.page).parent)
        rmtree((site / "validations" / run.page).parent, ignore_errors=True)
    for page in site.rglob("*.html"):
        page.write_text(_without_remote(page.read_text()))
    (site / "index.html").write_text(_index(kept))


def remove_runs(docs: Path, domain: str, before: date | None = None) -> None:
    """Remove every run of a domain's suites, whose pages show values that failed; the index tells the others.

    before: only the runs judged before this day (UTC).
    """
    results, site = docs / "results", docs / "site"
    if not results.exists():
        return
    for run in list(_runs(results)):
        if run.suite.endswith(f".{domain}") and (before is None or run.day < before):
            rmtree((results / run.page).parent)
            rmtree((site / "validations" / run.page).parent, ignore_errors=True)
    tidy_docs(docs)


def _runs(results: Path) -> Iterator[Run]:
    for path in results.rglob("*.json"):
        result = json.loads(path.read_text())
        counts, run = result["statistics"], result["meta"]["run_id"]
        found = (counts["successful_expectations"], counts["evaluated_expectations"])
        yield Run(
            path.relative_to(results).with_suffix(".html"), result["suite_name"], run["run_time"], *found
        )


def _placed(runs: list[Run]) -> Iterator[tuple[int, Run]]:
    """Runs, newest first -> each with how many newer ones its suite has."""
    seen: dict[str, int] = {}
    for run in runs:
        yield seen.get(run.suite, 0), run
        seen[run.suite] = seen.get(run.suite, 0) + 1


def _without_remote(page: str) -> str:
    if STYLE in page:
        return page
    whole = REMOTE_IMAGE.sub("none", REMOTE.sub("", page))
    return whole.replace("</head>", f"{STYLE}</head>", 1)


def _index(runs: list[Run]) -> str:
    rows = "".join(
        f'<tr><td><a href="validations/{escape(str(run.page))}">{escape(run.suite)}</a></td>'
        f"<td>{escape(run.at[:19].replace('T', ' '))}</td><td>{run.passed} of {run.checks}</td></tr>\n"
        for run in runs
    )
    head = "<tr><th>suite</th><th>judged at (UTC)</th><th>checks passed</th></tr>"
    return f"<!DOCTYPE html><title>Data Docs</title>{STYLE}<h1>Data Docs</h1><table>{head}\n{rows}</table>\n"
