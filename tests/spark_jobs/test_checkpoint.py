"""A broken file of a checkpoint is named before anything starts; behind it, a new epoch loses and doubles nothing."""

import shutil
from itertools import islice
from pathlib import Path

import pytest

from data_quality.books import books
from spark_jobs.checkpoint import BrokenCheckpoint
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource, start_raw
from spark_jobs.sources.manifest import BrokenManifest
from spark_jobs.stream import drain, start_scored
from tests.small_pack import small_messages, write_brief_pack
from weir.settings import settings

RAW, SCORED = "raw/small/files", "scored/small"
LINES = [message.body for message in islice(small_messages(), 60)]
FILES = [
    f"{RAW}/metadata",
    f"{RAW}/epoch",
    f"{RAW}/offsets/0",
    f"{RAW}/offsets/1",
    f"{RAW}/commits/1",
    f"{RAW}/manifest/000000000000.jsonl",
    f"{RAW}/manifest/000000000001.jsonl",
    f"{SCORED}/metadata",
    f"{SCORED}/epoch",
    f"{SCORED}/offsets/0",
    f"{SCORED}/offsets/1",
    f"{SCORED}/commits/1",
]


@pytest.fixture(scope="module")
def drained(spark, tmp_path_factory):
    """A home with two batches of a domain that has drained, its packs, and its messages in `in`."""
    home = tmp_path_factory.mktemp("drained")
    write_brief_pack(home / "packs")
    (home / "in").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(home))
        patch.setenv("WEIR_DOMAINS", str(home / "packs"))
        for name, lines in (("a", LINES[:20]), ("b", LINES[20:40])):
            (home / "in" / name).write_bytes(b"\n".join(lines))
            drain(spark, "small", Intake(FilesSource(home / "in")))
    return home


@pytest.fixture
def source(drained, monkeypatch, tmp_path):
    """The source of that home, in which the test has checkpoints of its own to break."""
    shutil.copytree(drained / "checkpoints", tmp_path / "checkpoints")
    monkeypatch.setenv("WEIR_HOME", str(drained))
    monkeypatch.setenv("WEIR_DOMAINS", str(drained / "packs"))
    monkeypatch.setenv("WEIR_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return FilesSource(drained / "in")


def emptied(file):
    file.write_bytes(b"")


def torn(file):
    """Half of it is there, and its checksum is the whole one's."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def overwritten(file):
    """Other bytes are there, and no checksum tells."""
    file.write_bytes(b"\0\1 garbage {")
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)


def start(spark, source, query):
    return start_raw(spark, "small", source) if query == RAW else start_scored(spark, "small", Intake(), True)


def file_of(query, name):
    return Path(settings().checkpoint(query), name)


def mend_of(error):
    """What the message of an error tells to do, when it is a line and none of Java's."""
    (line,) = str(error).splitlines()
    assert "\tat " not in line
    return line.partition("; ")[2]


@pytest.mark.parametrize("damage", [emptied, torn, overwritten])
@pytest.mark.parametrize("file", FILES)
def test_a_broken_file_is_named_with_its_mend_before_anything_starts(spark, source, file, damage):
    broken = Path(settings().checkpoint(file))
    damage(broken)
    with pytest.raises((BrokenCheckpoint, BrokenManifest)) as refusal:
        start(spark, source, RAW if file.startswith(RAW) else SCORED)
    assert str(refusal.value).startswith(str(broken))
    assert "--new-epoch" in mend_of(refusal.value)


@pytest.mark.parametrize("query", [RAW, SCORED])
@pytest.mark.parametrize("log", ["offsets", "epoch"])
def test_a_checkpoint_that_lost_a_log_or_its_epoch_is_no_new_one(spark, source, query, log):
    lost = file_of(query, log)
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    with pytest.raises(BrokenCheckpoint, match=str(lost)):
        start(spark, source, query)


@pytest.mark.parametrize("damage", [emptied, torn, overwritten])
@pytest.mark.parametrize("kept", ["batches/1.plan.json", "packs/*.json"])
def test_a_broken_plan_or_pack_is_named_when_an_unfinished_batch_needs_it(spark, source, kept, damage):
    file_of(SCORED, "commits/1").unlink()
    (broken,) = file_of(SCORED, "kept").glob(kept)
    damage(broken)
    with pytest.raises(BrokenCheckpoint, match=str(broken)):
        start(spark, source, SCORED)


def test_behind_broken_checkpoints_a_new_epoch_goes_on_and_a_torn_pack_is_written_anew(
    spark, source, drained, monkeypatch, tmp_path
):
    shutil.copytree(drained, tmp_path / "home")
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WEIR_CHECKPOINTS")
    (pack,) = file_of(SCORED, "kept/packs").glob("*.json")
    whole = pack.read_bytes()
    torn(pack)
    (source.folder / "c").write_bytes(b"\n".join(LINES[40:50]))
    drain(spark, "small", Intake(source))
    assert pack.read_bytes() == whole

    for query in (RAW, SCORED):
        emptied(file_of(query, "offsets/2"))
        shutil.move(settings().checkpoint(query), tmp_path / query.replace("/", "-"))
    (source.folder / "d").write_bytes(b"\n".join(LINES[50:]))
    drain(spark, "small", Intake(source, new_epoch=True))
    raw, scored, refused = (
        read_table(spark, settings().table(zone, "small")) for zone in ("raw", "scored", "quarantine")
    )
    (counted,) = books(raw, scored, refused).collect()
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, 60, 0)
    assert sorted(bytes(row["payload"]) for row in raw.select("payload").collect()) == sorted(LINES)
