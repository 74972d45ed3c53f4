import json
from pathlib import Path

import pytest
from delta.tables import DeltaTable

from spark_jobs.append import append_once
from spark_jobs.lake import create_table
from weir.delta_log import commit_digest, delta_version, only_appended


@pytest.fixture(scope="module")
def table(spark, tmp_path_factory) -> str:
    """Version 0 makes it, 1 and 2 append, 3 compacts, 4 deletes."""
    path = str(tmp_path_factory.mktemp("lake") / "raw" / "payments")
    create_table(spark, path, {"seq": "bigint"})
    for batch in (0, 1):
        append_once(spark.range(3).selectExpr("id as seq"), path, "test:1", batch)
    made = DeltaTable.forPath(spark, path)
    made.optimize().executeCompaction()
    made.delete("seq = 1")
    return path


def test_a_table_that_is_not_there_has_no_version(tmp_path):
    assert delta_version(str(tmp_path / "nothing")) is None


def test_the_newest_commit_is_the_version(table):
    assert delta_version(table) == 4


def test_a_uri_is_read_as_a_path_is(table):
    assert delta_version(Path(table).as_uri()) == 4


def test_a_commit_is_told_from_others_and_one_that_is_gone_from_none(table):
    digests = [commit_digest(table, version) for version in range(5)]
    assert None not in digests
    assert len({*digests}) == 5
    assert commit_digest(table, 5) is None


def test_checkpoints_and_checksums_are_no_commits(tmp_path):
    log = tmp_path / "_delta_log"
    log.mkdir()
    for name in (
        "0" * 20 + ".json",
        "0" * 19 + "7.checkpoint.parquet",
        "0" * 19 + "8.crc",
        "_last_checkpoint",
    ):
        (log / name).touch()
    assert delta_version(str(tmp_path)) == 0


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(0, 2, True), (2, 2, True), (0, 3, True), (0, 4, False), (3, 4, False), (4, 3, False)],
    ids=["appends", "nothing", "compaction", "a deletion among them", "a deletion", "a table made anew"],
)
def test_only_appends_and_compaction_take_no_rows_away(table, since, until, expected):
    assert only_appended(table, since, until) is expected


def test_a_commit_whose_file_is_gone_cannot_vouch_for_itself(tmp_path):
    log = tmp_path / "_delta_log"
    log.mkdir()
    (log / f"{2:020d}.json").write_text(json.dumps({"add": {"path": "a.parquet", "dataChange": True}}))
    assert only_appended(str(tmp_path), 1, 2)
    assert not only_appended(str(tmp_path), 0, 2)
