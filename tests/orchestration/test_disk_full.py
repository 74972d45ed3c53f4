"""However little room the disk has left, a stream says so in a line; with room again it goes on as if nothing was."""

import os
import subprocess
from itertools import islice

import pytest
from pyspark.sql import functions as F

from data_quality.books import books
from spark_jobs.lake import read_table
from tests.small_pack import small_messages, write_brief_pack
from weir.settings import settings

MESSAGES = 60
STEP, MOST_STEPS = 16 * 1024, 20


@pytest.fixture
def disk(tmp_path):
    """A file system of four megabytes, for which the tests have to run as root."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def leave_room(disk, room):
    """Fill a disk but for so many bytes."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    status = os.statvfs(disk)
    filler.write_bytes(bytes(max(status.f_bavail * status.f_frsize - room, 0)))


def test_a_full_disk_ends_a_stream_with_one_line_and_costs_no_message(
    spark, home, disk, weir, monkeypatch, tmp_path, figures
):
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(tmp_path / "packs").parent))
    monkeypatch.setenv("WEIR_HOME", str(disk / "home"))
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [message.body for message in islice(small_messages(), MESSAGES)]
    (folder / "1.jsonl").write_bytes(b"\n".join(lines[:20]))
    service = ["stream", "small", "--from", f"files:{folder}"]
    assert weir(*service, "--once").code == 0
    (folder / "2.jsonl").write_bytes(b"\n".join(lines[20:]))

    said = []
    for step in range(MOST_STEPS):
        leave_room(disk, step * STEP)
        # a service ends by itself, as the disk is full
        ended = weir(*service, *([] if step == 1 else ["--once"]))
        assert "\tat " not in ended.err
        assert "Traceback" not in ended.err
        if ended.code == 0:
            break
        said.append(ended.err.splitlines()[-1])
    assert all(f"no space left on the disk that holds {disk}" in line for line in said)
    # it was full for each of the queries, and before them
    assert {line.split()[1] for line in said} >= {"raw/small/files:", "scored/small:", "no"}, said

    raw, scored, refused = (
        read_table(spark, settings().table(zone, "small")) for zone in ("raw", "scored", "quarantine")
    )
    (counted,) = books(raw, scored, refused).collect()
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, MESSAGES, 0)
    assert sorted(bytes(row["payload"]) for row in raw.select("payload").collect()) == sorted(lines)
    assert refused.where(F.col("reason") == "poison").count() == 0
    figures(
        f"{len(said)} runs ended for want of room; of {MESSAGES} messages {counted['raw']} are there once"
    )
