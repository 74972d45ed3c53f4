"""What a look at a folder admits, with the limits that Spark 4.2 tells and without them, as in Spark 4.1."""

from __future__ import annotations

import inspect

import pytest
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxFiles
from pyspark.sql.types import StructType

from spark_jobs.sources.limited_paths import LimitedPathsReader
from spark_jobs.sources.manifest import Reading
from spark_jobs.sources.paths import Paths, PathsReader

NOTHING = {"files": 0}
LIMIT = ReadMaxFiles(2)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "in"
    path.mkdir()
    for name in "abc":
        (path / name).write_text(name)
    return path


@pytest.fixture
def asked(tmp_path, folder):
    return Reading(str(folder), max_files=2), str(tmp_path / "manifest")


def _paths(reader, start, end):
    return [entry.path for part in reader.partitions(start, end) for entry in part.entries]


def test_a_look_admits_what_one_batch_may_take(asked):
    reader = LimitedPathsReader(*asked)
    first = reader.latestOffset(NOTHING, LIMIT)
    second = reader.latestOffset(first, LIMIT)
    assert _paths(reader, NOTHING, first) == ["a", "b"]
    assert _paths(reader, first, second) == ["c"]
    assert reader.latestOffset(second, LIMIT) == second


def test_a_look_without_a_limit_admits_everything(asked):
    assert LimitedPathsReader(*asked).latestOffset(NOTHING, ReadAllAvailable()) == {"files": 3}


def test_a_drain_takes_what_was_there_when_it_began(folder, asked):
    reader = LimitedPathsReader(*asked)
    reader.prepareForTriggerAvailableNow()
    (folder / "d").write_text("d")
    assert reader.latestOffset(reader.latestOffset(NOTHING, LIMIT), LIMIT) == {"files": 3}


def test_a_drain_takes_a_file_as_it_is_when_its_turn_comes_and_asks_for_it_once(folder, asked):
    reader = LimitedPathsReader(*asked)
    reader.prepareForTriggerAvailableNow()
    (folder / "a").write_text("grown")
    first = reader.latestOffset(NOTHING, LIMIT)
    assert [(entry.path, entry.size) for entry in reader.manifest.admitted] == [("a", 5), ("b", 1)]
    # it grows while it lands
    reader.manifest.make_void(0)
    second = reader.latestOffset(first, LIMIT)
    assert _paths(reader, first, second) == ["c"]
    assert reader.latestOffset(second, LIMIT) == second


def test_a_spark_that_tells_no_limits_gets_every_new_file_at_each_look(folder, asked):
    reader = PathsReader(*asked)
    # by this Spark knows that it must ask as it did before 4.2
    assert not inspect.signature(reader.latestOffset).parameters
    first = reader.latestOffset()
    (folder / "d").write_text("d")
    second = reader.latestOffset()
    assert _paths(reader, NOTHING, first) == ["a", "b", "c"]
    assert _paths(reader, first, second) == ["d"]


def test_the_reader_is_the_one_that_this_spark_can_use(monkeypatch, asked):
    reading, manifest = asked
    limits = {"maxFiles": "2", "maxBytes": "100"}
    source = Paths({"folder": reading.folder, "manifest": manifest, "format": "json", **limits})
    assert type(source.streamReader(StructType())) is LimitedPathsReader
    monkeypatch.setattr("spark_jobs.sources.paths.TELLS_LIMITS", False)
    assert type(source.streamReader(StructType())) is PathsReader


@pytest.mark.parametrize("kind", [PathsReader, LimitedPathsReader])
def test_a_checkpoint_that_is_ahead_of_the_manifest_is_refused(asked, kind):
    with pytest.raises(ValueError, match="put back a whole copy"):
        kind(*asked).partitions({"files": 4}, {"files": 5})
