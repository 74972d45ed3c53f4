"""A file is admitted once, by what it holds; what was rewritten is known, what was only touched is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spark_jobs.sources import manifest
from spark_jobs.sources.manifest import Admitted, Manifest, Reading, left_out, list_files
from spark_jobs.sources.store import Store


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def location(tmp_path):
    return str(tmp_path / "checkpoint" / "manifest")


def _admit(location, folder, **limits):
    """What one look admits: paths in order."""
    known = Manifest.load(location)
    before = len(known.admitted)
    known.admit(list_files(str(folder)), Reading(str(folder), **limits))
    return [entry.path for entry in Manifest.load(location).admitted[before:]]


def test_files_come_in_path_order_and_hidden_or_unfinished_ones_do_not(folder):
    named = ["b.jsonl", "a/z.jsonl", "a.jsonl", "A"]
    ignored = [".hidden", "_SUCCESS", "part.tmp", ".b.jsonl.crc", "_spark/x.jsonl"]
    for name in named + ignored:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    assert [file.path for file in list_files(str(folder))] == ["A", "a.jsonl", "a/z.jsonl", "b.jsonl"]


def test_a_file_is_admitted_once_however_old_it_is(folder, location):
    (folder / "b").write_text("b")
    assert _admit(location, folder) == ["b"]
    (folder / "a").write_text("a")
    os.utime(folder / "a", (0, 0))
    assert [_admit(location, folder), _admit(location, folder)] == [["a"], []]


@pytest.mark.parametrize("writes", [0, 1])
def test_files_that_landed_before_are_held_back_wherever_that_was_cut_short(location, monkeypatch, writes):
    write, left = Store.write, [None] * writes

    def until_the_cut(store, name, text):
        left.pop()
        write(store, name, text)

    landed = [Admitted(0, "in", "a.jsonl", 1, 0, "", "", None)]
    known = Manifest.load(location)
    with monkeypatch.context() as power:
        power.setattr(Store, "write", until_the_cut)
        with pytest.raises(IndexError):
            known.hold(landed)
    again = Manifest.load(location)
    assert again.admitted == []
    again.hold(landed)
    known = Manifest.load(location)
    assert (known.first, [entry.path for entry in known.admitted]) == (1, ["a.jsonl"])


def test_one_look_admits_no_more_than_a_batch_may_take(folder, location):
    for name in "abcde":
        (folder / name).write_text(name * 10)
    assert _admit(location, folder, max_files=2) == ["a", "b"]
    assert _admit(location, folder, max_bytes=25) == ["c", "d"]
    assert _admit(location, folder, max_bytes=1) == ["e"]


def test_the_order_of_arrival_survives_a_restart(folder, location):
    for name in "ba":
        (folder / name).write_text(name)
        _admit(location, folder)
    assert [(entry.ordinal, entry.path) for entry in Manifest.load(location).admitted] == [(0, "b"), (1, "a")]


def _grow(location, folder, files):
    """Admit so many files one by one -> the names of the logs then."""
    for number in range(files):
        (folder / f"{number:03}").write_text(str(number))
        _admit(location, folder)
    return sorted(os.listdir(location))


def test_the_logs_of_many_admissions_stay_few_and_lose_no_file(folder, location, monkeypatch):
    monkeypatch.setattr(manifest, "MOST_LOGS", 3)
    assert _grow(location, folder, 25) == [
        "000000000000.2.jsonl",
        "000000000009.2.jsonl",
        "000000000018.1.jsonl",
        "000000000021.1.jsonl",
        "000000000024.jsonl",
    ]
    admitted = Manifest.load(location).admitted
    assert [(entry.ordinal, entry.path) for entry in admitted] == [(n, f"{n:03}") for n in range(25)]


def test_a_crash_while_logs_become_one_loses_and_doubles_no_file(folder, location, monkeypatch):
    monkeypatch.setattr(manifest, "MOST_LOGS", 3)
    monkeypatch.setattr(Store, "remove", _crash)
    with pytest.raises(OSError, match="power"):
        _grow(location, folder, 3)
    assert len(os.listdir(location)) == 4
    assert [entry.path for entry in Manifest.load(location).admitted] == ["000", "001", "002"]
    monkeypatch.undo()
    monkeypatch.setattr(manifest, "MOST_LOGS", 3)
    assert _grow(location, folder, 4) == ["000000000000.1.jsonl"]
    assert [entry.ordinal for entry in Manifest.load(location).admitted] == [0, 1, 2, 3]


def _crash(*_):
    raise OSError("the power is gone")


def test_a_rewritten_file_is_named_and_a_touched_one_is_not(folder, location):
    for name in ("grown", "same_size", "touched", "untouched"):
        (folder / name).write_text("old")
    _admit(location, folder)
    (folder / "grown").write_text("old and new")
    (folder / "same_size").write_text("new")
    for name in ("same_size", "touched"):
        os.utime(folder / name, (1, 1))
    named = left_out(Manifest.load(location), str(folder), set())
    assert [line.split(":")[0] for line in named] == [f"{folder}/grown", f"{folder}/same_size"]


def test_a_touched_file_is_read_once_however_often_it_is_looked_at(folder, location, monkeypatch):
    (folder / "touched").write_text("same")
    _admit(location, folder)
    os.utime(folder / "touched", (1, 1))
    known, seen = Manifest.load(location), set()
    assert left_out(known, str(folder), seen) == []
    monkeypatch.setattr(manifest, "digest_of", _crash)
    assert left_out(known, str(folder), seen) == []
    os.utime(folder / "touched", (2, 2))
    with pytest.raises(OSError, match="power"):
        left_out(known, str(folder), seen)


def test_a_file_that_goes_away_while_the_folder_is_listed_is_passed_over(folder, monkeypatch):
    for name in "abc":
        (folder / name).write_text(name)

    def stat(path, **options):
        if path.name == "b":
            path.unlink()
        return os.stat(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert [file.path for file in list_files(str(folder))] == ["a", "c"]


def test_a_file_whose_name_is_not_utf_8_is_named_and_the_others_land(folder, location):
    (folder / "a").write_text("a")
    Path(os.fsdecode(bytes(folder) + b"/caf\xe9")).write_text("b")
    assert _admit(location, folder) == ["a"]
    named = left_out(Manifest.load(location), str(folder), set())
    assert named == [rf"{folder}/caf\xe9: its name is not UTF-8, so it is left out; rename it to land it"]


def test_a_file_that_changed_before_it_landed_is_admitted_anew(folder, location):
    (folder / "a").write_text("half")
    _admit(location, folder)
    (folder / "a").write_text("half and half")
    manifest = Manifest.load(location)
    manifest.make_void(0)
    assert "run again" in left_out(manifest, str(folder), set())[0]
    assert _admit(location, folder) == ["a"]
    assert left_out(Manifest.load(location), str(folder), set()) == []


def test_the_same_name_in_another_folder_is_another_file(folder, location, tmp_path):
    (folder / "a").write_text("a")
    _admit(location, folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").write_text("a")
    assert _admit(location, tmp_path / "other") == ["a"]
