import subprocess
import sys
import threading

import duckdb
import pytest

from orchestration.publishing import (
    KEPT_VERSIONS,
    building,
    commits_of,
    fingerprint_of,
    only_builder,
    prune,
    publish,
)
from weir.settings import settings
from weir.warehouse import connect_marts, published_version, warehouse_path

READ = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
print("open", flush=True)
sys.stdin.read()
"""


def published(number: int) -> str:
    """Publish marts that hold one number -> their version."""
    with building(copy_of=None) as warehouse:
        with duckdb.connect(warehouse) as connection:
            connection.execute(f"create table numbers as select {number} as number")
        return publish(warehouse, fingerprint=f"models {number}", commits={"raw/x": (number, "ab")})


def read_number() -> int:
    with connect_marts() as marts:
        return marts.execute("select number from numbers").fetchall()[0][0]


def test_a_reader_meets_what_was_published_last(home):
    published(1)
    assert read_number() == 1
    published(2)
    assert read_number() == 2


def test_a_reader_keeps_its_marts_while_others_are_published(home):
    published(1)
    with connect_marts() as reader:
        published(2)
        assert reader.execute("select number from numbers").fetchone() == (1,)


def test_a_version_knows_the_models_it_was_built_by(home):
    version = published(1)
    assert fingerprint_of(version) == "models 1"
    assert fingerprint_of("20000101T000000000000Z") is None
    assert commits_of(version) == {"raw/x": [1, "ab"]}
    assert commits_of("20000101T000000000000Z") is None


def test_a_build_begins_as_a_copy_and_a_failed_one_leaves_nothing(home):
    version = published(1)
    with pytest.raises(duckdb.CatalogException), building(copy_of=version) as warehouse:
        duckdb.connect(warehouse).execute("update numbers set number = 2; from nothing")
    assert read_number() == 1
    assert not warehouse.parent.exists()


def test_what_a_killed_build_left_is_not_built_upon(home):
    left = settings().marts / ".building" / "warehouse.duckdb"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a build")
    with building(copy_of=None) as warehouse:
        assert not warehouse.exists()


def test_the_newest_versions_are_kept(home):
    versions = [published(number) for number in range(KEPT_VERSIONS + 2)]
    assert prune() == versions[:2]
    assert [warehouse_path(version).exists() for version in versions] == [False] * 2 + [True] * KEPT_VERSIONS


def test_the_published_version_is_kept_however_old_it_is(home):
    versions = [published(number) for number in range(KEPT_VERSIONS + 2)]
    (settings().marts / "current").write_text(versions[0])
    assert prune() == versions[1:2]
    assert read_number() == 0


def test_a_version_that_another_process_reads_is_kept(home):
    versions = [published(number) for number in range(KEPT_VERSIONS + 1)]
    command = [sys.executable, "-c", READ, str(warehouse_path(versions[0]))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"open\n"
        assert prune() == []
        reader.communicate()
    assert prune() == versions[:1]


def test_a_second_builder_waits_for_the_first(home):
    order = []

    def build() -> None:
        with only_builder():
            order.append("second")

    with only_builder():
        second = threading.Thread(target=build)
        second.start()
        second.join(timeout=0.2)
        order.append("first")
    second.join()
    assert order == ["first", "second"]


def test_the_pointer_names_a_whole_build_at_every_moment(home):
    published(0)
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add(read_number())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 6):
        published(number)
    stop.set()
    reader.join()
    assert seen <= set(range(6))
    assert published_version() is not None
