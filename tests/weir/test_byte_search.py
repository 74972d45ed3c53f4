"""Whatever way a file keeps a value, a search finds it; and finds nothing where it is not."""

import gzip
import sqlite3

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.s3_server import s3_server
from weir.byte_search import search
from weir.subject import Subject

SUBJECT = Subject("user-17")


def write_text(file, value):
    file.write_text(f'{{"user_id": "{value}"}}')


def write_gzip(file, value):
    file.write_bytes(gzip.compress(f"{value}\n".encode()))


def write_parquet(file, value):
    # without statistics its footer does not give the value away
    rows = {"n": [1, 2], "deep": [[{"text": f"of {value}"}], []]}
    pq.write_table(pa.table(rows), file, compression="zstd", write_statistics=False)


def write_payloads(file, value):
    pq.write_table(pa.table({"payload": [value.encode()]}), file, compression="snappy")


def write_sqlite(file, value):
    with sqlite3.connect(file) as database:
        database.execute("create table event (body text)")
        database.execute("insert into event values (?)", ("x" * 4053 + " " + value,))
    database.close()


def write_duckdb(file, value):
    with duckdb.connect(str(file)) as database:
        database.execute(
            "create table t as select n, if(n % 2 = 0, ?, 'other') as who from range(9000) as r(n)", [value]
        )


def write_long(file, value):
    file.write_bytes(b"." * (16 * 1024 * 1024 - 3) + value.encode())


WRITERS = [write_text, write_gzip, write_parquet, write_payloads, write_sqlite, write_duckdb, write_long]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_value_is_found_however_it_is_kept(tmp_path, write):
    write(tmp_path / ".deep", "user-17")
    found = search([str(tmp_path)], SUBJECT)
    assert (found.files, found.hits, found.unread) == (1, [str(tmp_path / ".deep")], [])


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_another_value_is_not_found(tmp_path, write):
    write(tmp_path / "file", "user-170")
    assert search([str(tmp_path)], SUBJECT).hits == []


def test_objects_on_s3_are_searched_as_files_are(tmp_path):
    folder = tmp_path / "bucket" / "lake"
    folder.mkdir(parents=True)
    for write in (write_text, write_gzip, write_parquet):
        write(folder / write.__name__, "user-17")
        write(folder / f"{write.__name__}_other", "user-170")
    (folder / "broken.parquet").write_bytes(b"PAR1 and no more")
    with s3_server(tmp_path):
        found = search(["s3a://bucket/lake", "s3a://bucket/absent"], SUBJECT)
    assert found.files == 7
    named = [f"s3://bucket/lake/{name}" for name in ("write_gzip", "write_parquet", "write_text")]
    assert sorted(found.hits) == named
    assert found.unread == ["s3://bucket/lake/broken.parquet"]


def test_a_place_inside_another_is_read_once(tmp_path):
    write_text(tmp_path / "file", "user-17")
    assert search([str(tmp_path), str(tmp_path), str(tmp_path / "absent")], SUBJECT).files == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    assert search([str(tmp_path)], SUBJECT).unread == [str(tmp_path / "broken.parquet")]


def test_an_ambiguous_value_is_found_in_the_columns_that_name_it(tmp_path):
    number = Subject("17", fields=("user_id",))
    columns = {
        "partition": ["17", "18"],
        "amount": ["17", "17"],
        "stats": ['{"nullCount":{"user_id":17}}'] * 2,
    }
    for name, user in (("hit", "17"), ("other", "170")):
        pq.write_table(pa.table(columns | {"user_id": ["1", user]}), tmp_path / f"{name}.parquet")
        with sqlite3.connect(tmp_path / f"{name}.db") as database:
            database.execute("create table event (at text, user_id text)")
            database.execute("insert into event values ('17', ?)", (user,))
        database.close()
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as warehouse:
            warehouse.execute("create table t as select '17' as amount, ? as user_id", [user])
    hits = sorted(path.rsplit("/", 1)[1] for path in search([str(tmp_path)], number).hits)
    assert hits == ["hit.db", "hit.duckdb", "hit.parquet"]
