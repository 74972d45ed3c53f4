"""A file is read piece by piece, and one that is broken is one message and nothing else."""

from __future__ import annotations

import errno
import gzip
import json
from pathlib import Path

import pytest

from spark_jobs.sources import split
from spark_jobs.sources.manifest import Manifest, Reading, list_files
from spark_jobs.sources.read import read_split
from spark_jobs.sources.split import Split, as_split, pieces, span_of, tasks


@pytest.fixture
def messages(tmp_path):
    """(name, content, format) -> its messages as (position, payload, format, seq), seq from 100."""

    def read(name: str, content: bytes, format: str = "json"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
        return _messages(_entry(tmp_path / "in" / name, format))

    return read


def _entry(file: Path, format: str = "json"):
    manifest = Manifest.load(str(file.parent.parent / "manifest" / file.name))
    found = [found for found in list_files(str(file.parent)) if found.path == file.name]
    manifest.admit(found, Reading(str(file.parent), format))
    return manifest.admitted[0]


def _messages(entry):
    batches = [batch for piece in pieces(as_split(entry, 100)) for batch in read_split(piece)]
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert all(row["source"] == f"files:{entry.folder}" and row["partition"] == entry.path for row in rows)
    return [(row["position"], row["payload"], row["format"], row["seq"]) for row in rows]


def test_a_position_and_seq_rise_along_the_file(messages):
    assert messages("a.jsonl", b"{}\n[]\n") == [(0, b"{}", "json", 101), (3, b"[]", "json", 104)]


def test_gzip_is_read_by_its_name_even_in_several_members(messages):
    content = gzip.compress(b"\xef\xbb\xbfa\n") + gzip.compress(b"b\n")
    assert messages("a.jsonl.gz", content) == [(3, b"a", "json", 104), (5, b"b", "json", 106)]


@pytest.mark.parametrize(
    ("name", "format", "damage"),
    [
        ("truncated.jsonl.gz", "json", lambda whole: whole[:-5]),
        ("flipped.jsonl.gz", "json", lambda whole: whole[:-6] + b"\x00\x00" + whole[-4:]),
        ("plain.jsonl.gz", "json", lambda whole: gzip.decompress(whole)),
        ("truncated.csv.gz", "csv", lambda whole: whole[: len(whole) // 2]),
    ],
)
def test_a_broken_gzip_is_one_message(messages, name, format, damage):
    whole = gzip.compress(b"".join(b'{"n": %d}\n' % n for n in range(100_000)))
    [(position, payload, kind, seq)] = messages(name, damage(whole), format)
    assert (position, kind, seq) == (-1, "unreadable", 100)
    assert json.loads(payload)["file"] == name
    assert json.loads(payload)["unreadable"]


def test_a_csv_that_is_none_is_one_message(messages):
    [(position, payload, kind, _)] = messages("a.csv", b"id,id\n1,2\n", "csv")
    assert (position, kind) == (-1, "unreadable")
    assert "the header names id more than once" in json.loads(payload)["unreadable"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv"])
def test_a_file_that_cannot_be_seen_is_no_message_for_it_may_come_back(tmp_path, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(gzip.compress(b"{}\n") if name.endswith("gz") else b"id\n1\n")
    entry = _entry(tmp_path / "in" / name, "csv" if name.endswith("csv") else "json")
    seen = as_split(entry, 100)
    entry.file.unlink()
    with pytest.raises(FileNotFoundError):
        as_split(entry, 100)
    with pytest.raises(FileNotFoundError):
        list(read_split(seen))


def test_a_file_that_this_process_has_no_room_to_open_is_no_message(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("id\n1\n")
    seen = as_split(_entry(tmp_path / "in" / "a.csv", "csv"), 100)

    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        list(read_split(seen))


def test_a_folder_in_place_of_a_file_is_one_message(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("{}\n")
    entry = _entry(tmp_path / "in" / "a.jsonl")
    entry.file.unlink()
    entry.file.mkdir()
    [(position, payload, kind, _)] = _messages(entry)
    assert (position, kind) == (-1, "unreadable")
    assert b"Is a directory" in payload


def test_a_large_file_is_cut_and_loses_nothing(messages, monkeypatch):
    monkeypatch.setattr(split, "TASK_BYTES", 1000)
    lines = [b"%d" % n for n in range(5_000)]
    assert [payload for _, payload, _, _ in messages("a.jsonl", b"\n".join(lines))] == lines


def test_seq_never_runs_into_the_next_file(messages, tmp_path):
    content = b"a\n" * 50_000
    files = {"a.gz": gzip.compress(content), "a.jsonl": content, "b.jsonl": b"a\n" * 9 + b"a"}
    for name, whole in files.items():
        last = messages(name, whole)[-1][3]
        assert last < 100 + span_of(_entry(tmp_path / "in" / name))


def test_small_pieces_share_a_task_and_large_ones_do_not(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("a")
    entry = _entry(tmp_path / "in" / "a")
    sizes = [10, 20, split.TASK_BYTES, 5, split.TASK_BYTES, 1]
    bundles = tasks(Split(entry, 0, 0, size) for size in sizes)
    assert [[piece.end for piece in bundle] for bundle in bundles] == [sizes[:3], sizes[3:5], sizes[5:]]


def test_objects_that_firehose_wrote_onto_one_line_are_messages_each(messages):
    content = gzip.compress(b'{"a":"}{"}{"b":1}') + gzip.compress(b'{"c":2}')
    found = messages("events-1-2026-11-21-00-00-00-0a1b.gz", content)
    assert [row[:2] for row in found] == [(0, b'{"a":"}{"}'), (10, b'{"b":1}'), (17, b'{"c":2}')]
    assert [row[3] for row in found] == [101, 111, 118]
