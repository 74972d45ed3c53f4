"""What was removed is shown by no marts, though dbt cannot build new ones."""

import pytest

from orchestration import erasure, marts
from orchestration.marts import MartsError, rebuild_marts
from orchestration.publishing import building, publish
from spark_jobs.erasure import Found
from spark_jobs.removal import Removed
from weir.settings import settings
from weir.warehouse import published_version

GONE, CAUSE = "user-17", "score_between_0_and_100 failed"


@pytest.fixture
def failing_marts(home, monkeypatch):
    """Published marts that show the subject, and a dbt that builds no others."""

    def fails(**_):
        raise MartsError(CAUSE)

    with building(copy_of=None) as warehouse:
        warehouse.write_text(GONE)
        publish(warehouse, "", {})
    monkeypatch.setattr(marts, "build_marts", fails)


def test_marts_that_cannot_be_built_anew_are_taken_away(failing_marts):
    with pytest.raises(MartsError, match=f"{CAUSE}(?s:.*)run `weir marts`"):
        rebuild_marts()
    assert published_version() is None
    assert list(settings().marts.glob("[!.]*")) == []


def test_versions_without_a_pointer_go_too(failing_marts):
    (settings().marts / "current").unlink()
    assert rebuild_marts() is None
    assert list(settings().marts.glob("[!.]*")) == []


def test_marts_that_were_never_built_are_not_built(home):
    assert rebuild_marts() is None
    assert not settings().marts.exists()


def test_an_erasure_goes_on_to_its_proof_and_says_what_failed(
    spark, failing_marts, brief_payments, home, weir, monkeypatch
):
    rows = {"raw": 1}
    removed = Removed("payments", "erasure", "user_id", rows)
    nothing = spark.range(0)
    monkeypatch.setattr(erasure, "erase", lambda *_: (removed, Found(nothing, nothing, rows)))
    (home / "failure.txt").write_text(f"refused: {GONE}\n")
    ended = weir("erase", "payments", GONE)
    assert ended.code == 1
    assert f"erasure {removed.id}" in ended.out
    assert "files that still name it" in ended.out
    assert CAUSE in ended.err
    assert "run `weir marts`" in ended.err
    assert (home / "failure.txt").read_text() == "refused: erased\n"
    assert published_version() is None
