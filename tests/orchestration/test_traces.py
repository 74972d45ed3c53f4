"""Logs and histories say that somebody was erased, and go on to be logs and histories."""

import sqlite3

import pytest
from dagster import AssetKey, AssetObservation

from orchestration.instance import instance
from orchestration.traces import replace_traces
from weir.subject import Subject

SUBJECT = Subject("user-17")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "dagster" / "logs"
    folder.mkdir(parents=True)
    return folder


def test_a_log_says_erased_in_its_place(folder, tmp_path):
    (folder / "out").write_text("user-17 failed, user-170 not\n")
    (folder / "other").write_text("user-170\n")
    assert replace_traces(tmp_path, SUBJECT) == 1
    assert (folder / "out").read_text() == "erased failed, user-170 not\n"


def test_a_database_keeps_its_rows_and_no_byte_of_the_name(folder, tmp_path):
    file = folder / "runs.db"
    with sqlite3.connect(file) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table event (id integer primary key, body text, raw blob, at real)")
        database.execute("insert into event values (1, ?, ?, 0.5)", ('{"user":"user-17"}', b"user-17"))
        database.execute("insert into event values (2, 'of user-170', null, 0.5)")
    assert replace_traces(tmp_path, SUBJECT) == 1
    rows = database.execute("select * from event order by id").fetchall()
    database.close()
    assert rows == [(1, '{"user":"erased"}', b"erased", 0.5), (2, "of user-170", None, 0.5)]
    assert not any(SUBJECT.is_named_in(path.read_bytes()) for path in folder.iterdir())


def test_what_is_no_log_is_left_alone(tmp_path):
    (tmp_path / "simulated").mkdir()
    (tmp_path / "simulated" / "messages").write_text("user-17")
    assert replace_traces(tmp_path, SUBJECT) == 0


def test_dagsters_history_can_be_read_when_a_number_is_erased(home):
    number = Subject("17", fields=("user_id",))
    told = {"newest": "17", "of": {"user_id": "17", "pid": 17}, "row": '{"user_id": 17}', "rows": 17}
    with instance() as dagster:
        dagster.report_runless_asset_event(AssetObservation(["scored", "payments"], metadata=told))
    assert replace_traces(home, number) > 0
    with instance() as dagster:
        (record,) = dagster.fetch_observations(AssetKey(["scored", "payments"]), limit=9).records
        observed = record.asset_observation
    assert observed is not None
    kept = {name: told.value for name, told in observed.metadata.items()}
    assert kept == {
        "newest": "erased",
        "of": {"user_id": "erased", "pid": 17},
        "row": '{"user_id": 0}',
        "rows": 17,
    }


def test_a_time_and_the_numbers_of_a_process_stay(folder, tmp_path):
    event = '{"pid": 17, "partition": 17, "user_id": 17}'
    with sqlite3.connect(folder / "runs.db") as database:
        database.execute("create table event (body text, at timestamp)")
        database.execute("insert into event values (?, '2026-01-31 12:17:30')", (event,))
    replace_traces(tmp_path, Subject("17", fields=("user_id",)))
    (row,) = database.execute("select * from event").fetchall()
    database.close()
    assert row == ('{"pid": 17, "partition": 17, "user_id": 0}', "2026-01-31 12:17:30")
