"""Data Docs are readable without a network and do not grow without end."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from data_quality.docs import KEPT_RUNS, remove_runs, tidy_docs

START = datetime(2026, 5, 1, tzinfo=UTC)
PAGE = """<html><head>
<link rel="stylesheet" href="https://cdn.example/bootstrap.css"/>
<script src="https://cdn.example/jquery.js" integrity="x"></script>
<link rel="icon" href="../static/favicon.ico"/>
<style>.logo { background: url('https://cdn.example/logo.png') no-repeat; }</style>
</head><body>found</body></html>"""


@pytest.fixture
def run(tmp_path):
    """Writes one result and its page as Great Expectations does."""

    def _run(hour, suite="scored.payments", passed=2):
        at = START + timedelta(hours=hour)
        folder = suite.replace(".", "/") + f"/run/{at:%Y%m%dT%H%M%S}"
        result = {
            "suite_name": suite,
            "statistics": {"successful_expectations": passed, "evaluated_expectations": 2},
            "meta": {"run_id": {"run_name": "run", "run_time": at.isoformat()}},
        }
        _write(tmp_path / "results" / folder / "lake.json", json.dumps(result))
        _write(tmp_path / "site" / "validations" / folder / "lake.html", PAGE)
        return folder

    return _run


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_pages_load_nothing_from_elsewhere(run, tmp_path):
    page = tmp_path / "site" / "validations" / run(0) / "lake.html"
    tidy_docs(tmp_path)
    assert "https://" not in page.read_text()
    assert "favicon.ico" in page.read_text()
    assert "found" in page.read_text()


def test_the_index_leads_to_every_run_newest_first(run, tmp_path):
    older, newer = run(0, passed=1), run(1, "raw.payments")
    tidy_docs(tmp_path)
    index = (tmp_path / "site" / "index.html").read_text()
    assert index.index(newer) < index.index(older)
    assert "1 of 2" in index
    assert (tmp_path / "site" / "validations" / older / "lake.html").exists()


def test_only_the_newest_runs_of_a_suite_are_kept(run, tmp_path):
    folders = [run(hour) for hour in range(KEPT_RUNS + 1)]
    other = run(0, "raw.payments")
    tidy_docs(tmp_path)
    kept = [folder for folder in folders if (tmp_path / "results" / folder).exists()]
    assert kept == folders[1:]
    assert not (tmp_path / "site" / "validations" / folders[0]).exists()
    assert (tmp_path / "results" / other).exists()


def test_the_runs_of_one_domain_can_be_removed(run, tmp_path):
    gone, kept = run(0), run(1, suite="scored.crypto")
    remove_runs(tmp_path, "payments")
    pages = {
        str(path.parent.relative_to(tmp_path / "site" / "validations"))
        for path in tmp_path.rglob("lake.html")
    }
    assert pages == {kept}
    assert not (tmp_path / "results" / gone).exists()
    index = (tmp_path / "site" / "index.html").read_text()
    assert kept in index
    assert gone not in index


def test_only_the_runs_judged_before_a_day_can_be_removed(run, tmp_path):
    gone, kept, other = run(23), run(24), run(0, suite="scored.crypto")
    remove_runs(tmp_path, "payments", before=(START + timedelta(days=1)).date())
    assert not (tmp_path / "results" / gone).exists()
    assert (tmp_path / "results" / kept).exists()
    assert (tmp_path / "results" / other).exists()
