"""A spool keeps what came in the order in which it came, until it has landed."""

from __future__ import annotations

import pytest

from spark_jobs.sources import spool as spool_module
from spark_jobs.sources.jetstream_frame import parse
from spark_jobs.sources.spool import Place, Spool
from tests.jetstream_server import event


@pytest.fixture
def spool(tmp_path):
    spool = Spool.at(tmp_path / "new" / "spool.db")
    yield spool
    spool.close()


def _frames(*times):
    return [parse(event(time, str(time))) for time in times]


def test_messages_have_the_next_free_position_and_repeats_none(spool):
    same = [parse(event(5, text)) for text in "ab"]
    spool.append([*same, *_frames(6, 4), same[0]], run=0)
    assert [row[:2] for row in spool.rows(0, spool.newest())] == [
        ("time_us/0", position) for position in (5, 6, 7, 4)
    ]
    assert spool.newest() == 4


def test_an_append_that_fails_leaves_nothing_behind(spool):
    def frames():
        yield from _frames(1)
        raise RuntimeError("full")

    with pytest.raises(RuntimeError):
        spool.append(frames(), run=0)
    assert (spool.newest(), spool.waiting()) == (0, 0)


def test_the_place_is_that_of_the_latest_event_up_to_a_message(spool):
    assert spool.place() is None
    spool.append(_frames(10, 30, 20), run=2)
    assert (spool.place(), spool.place(upto=1)) == (Place(30, 30, 2), Place(10, 10, 2))


def test_what_has_landed_is_remembered_for_a_while_without_its_bytes(spool, monkeypatch):
    monkeypatch.setattr(spool_module, "REMEMBERED", 3)
    frames = _frames(*range(10))
    spool.append(frames, run=0)
    before = spool.waiting()
    spool.prune(8)
    spool.append(frames[7:], run=0)
    assert (spool.newest(), spool.landed()) == (10, 8)
    assert spool.waiting() == sum(len(frame.payload) for frame in frames[8:]) < before
    assert [bool(row[2]) for row in spool.rows(0, 10)] == [False, True, True]


def test_a_batch_ends_behind_the_message_that_fills_it(spool):
    frames = _frames(1, 2, 3)
    spool.append(frames, run=0)
    size = len(frames[0].payload)
    assert [spool.end(0, bytes) for bytes in (1, size, size + 1, 10 * size)] == [1, 1, 2, 3]
    assert (spool.end(3, size), spool.end(0, 10 * size, stop=2)) == (3, 2)


def test_a_new_spool_goes_on_with_the_ids_of_a_lost_one(tmp_path):
    spool = Spool.at(tmp_path / "spool.db", after=40)
    spool.append(_frames(1), run=0)
    assert spool.newest() == 41
    spool.close()
    Spool.remove(tmp_path / "spool.db")
    assert list(tmp_path.iterdir()) == []


def test_what_is_forgotten_leaves_no_byte_and_is_not_waited_for(spool, tmp_path):
    spool.append(_frames(1, 2, 3), run=0)
    spool.prune(1)
    named = _frames(2)[0].payload
    assert spool.forget(lambda payload: payload == named) == 1
    assert [row[2] for row in spool.rows(1, spool.newest())] == [_frames(3)[0].payload]
    assert spool.waiting() == len(_frames(3)[0].payload)
    files = b"".join(path.read_bytes() for path in (tmp_path / "new").iterdir())
    assert _frames(3)[0].payload in files
    assert named not in files
    assert _frames(1)[0].payload not in files
