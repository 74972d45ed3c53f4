"""However long a service runs, its files stay few, and nothing of its tables changes by that."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from orchestration.checks import balance
from spark_jobs import stream, upkeep
from spark_jobs.compaction import compact
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.sources.source import FilesSource
from spark_jobs.storage import read_text, replace_text
from spark_jobs.stream import serve
from spark_jobs.upkeep import Upkeep
from spark_jobs.writing import writing
from tests.small_pack import write_brief_pack
from weir.settings import settings

BATCHES = 4
CROWDED = 2


def put(folder, number):
    """A file of one event and one message that is none."""
    event = {"event_id": f"e{number}", "event_type": "login", "occurred_at": "2026-01-31T12:00:00Z"}
    (folder / ".unfinished").write_text(json.dumps(event) + "\nnone\n")
    (folder / ".unfinished").rename(folder / f"{number}.jsonl")


@pytest.fixture
def small_steps(monkeypatch):
    """What a service does over thousands of batches, it does over a few."""
    monkeypatch.setattr(stream, "EVERY", "300 milliseconds")
    monkeypatch.setattr(upkeep, "EVERY", 1)
    monkeypatch.setattr(upkeep, "PLANS", 1)
    monkeypatch.setattr(upkeep, "compact", partial(compact, at_least=CROWDED))


def test_a_service_over_many_batches_keeps_few_files_and_balanced_books(
    spark, home, monkeypatch, small_steps, caplog
):
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "packs").parent))
    folder, beside = home / "in", []
    folder.mkdir()
    with writing("small", "test"):
        service = serve(spark, "small", Intake(FilesSource(folder)))
        try:
            for number in range(BATCHES):
                put(folder, number)
                for query in service.queries:
                    query.processAllAvailable()
                beside.append(sum(1 for _ in (home / "checkpoints" / "scored").rglob("*.json")))
            assert all(query.isActive for query in service.queries)
        finally:
            service.stop()
    tables = {zone: read_table(spark, settings().table(zone, "small")) for zone in upkeep.ZONES}
    assert max(len(table.inputFiles()) for table in tables.values()) < BATCHES
    assert {zone: table.count() for zone, table in tables.items()} == {
        "raw": 2 * BATCHES,
        "scored": BATCHES,
        "quarantine": BATCHES,
    }
    [books] = balance(spark, ["small"])
    assert (books.balanced, books.pending) == (True, 0)
    # what stands beside the checkpoint grows no more
    assert beside[-1] == beside[-2]
    assert "upkeep failed" not in caplog.text


def test_upkeep_that_fails_is_logged_and_stops_nothing(spark, home, caplog):
    Upkeep(spark, "nowhere", str(home / "checkpoint")).after(upkeep.EVERY - 1)
    assert "nowhere: upkeep failed, the stream goes on" in caplog.text


def test_a_table_is_vacuumed_once_a_day_and_not_on_its_first(spark, home, monkeypatch):
    vacuumed = []
    monkeypatch.setattr(upkeep, "compact", lambda *_: 0)
    monkeypatch.setattr(upkeep, "vacuum", lambda _, path: vacuumed.append(Path(path).parent.name))
    checkpoint = str(home / "checkpoint")
    Upkeep(spark, "small", checkpoint).at_end()
    assert vacuumed == []
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    replace_text(spark, f"{checkpoint}/kept/vacuumed", yesterday.isoformat())
    for _ in range(2):
        Upkeep(spark, "small", checkpoint).at_end()
    assert vacuumed == [*upkeep.ZONES]
    assert read_text(spark, f"{checkpoint}/kept/vacuumed") == datetime.now(UTC).date().isoformat()
