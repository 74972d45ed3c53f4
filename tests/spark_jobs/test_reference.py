"""A list is loaded as its publisher ships it; a newer issue adds and delists, and touches nothing else."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import datetime

import pytest

from spark_jobs.lake import read_table
from spark_jobs.lease import LeaseHeld
from spark_jobs.list_file import ListError, read_values
from spark_jobs.reference import load_reference, source_of
from spark_jobs.writing import writing
from weir.settings import settings

MARCH = datetime(2024, 3, 1)


def _rows(spark, name="wallets"):
    rows = read_table(spark, settings().table("reference", name)).orderBy("value", "listed_at").collect()
    return [(row["value"], row["listed_at"], row["delisted_at"]) for row in rows]


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("a.txt", "\ufeff0xAB \n\n# all of it\n0xab # again\n0xCD\r\n", {"0xab", "0xcd"}),
        ("a.conf", "Mail.Example\n", {"mail.example"}),
        ("a.txt", "Groß GmbH\n", {"groß gmbh"}),
        ("a.csv", 'banned_address,tag\n0xAB,"Smith, J."\n,none\n', {"0xab"}),
        ("a.csv", "tag,value,address\nx,y,z\n", {"y"}),
        ("a.json", '["0xAB", "0xab"]', {"0xab"}),
        ("a.jsonl", '{"value": "0xAB", "source": "x"}\n\n', {"0xab"}),
        ("a.txt", "", set()),
    ],
)
def test_each_kind_of_list_gives_its_values_once(tmp_path, name, text, values):
    (tmp_path / name).write_text(text)
    assert read_values(tmp_path / name) == values


def test_an_archive_gives_the_values_of_every_list_in_it(tmp_path):
    with tarfile.open(tmp_path / "lists.tar.gz", "w:gz") as archive:
        for name, text in {"ETH.txt": "0xAB\n", "ETH.json": '["0xAB"]', "README.md": "read me"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    assert read_values(tmp_path / "lists.tar.gz") == {"0xab"}


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.csv", "tag,owner\nx,y\n", r"no column `value` or `...address` among tag, owner"),
        ("a.jsonl", '{"value": "x"}\n{"address": "y"}\n', r"a\.jsonl:2 "),
        ("a.jsonl", '{"value": "x"}\n{\n', r"a\.jsonl:2 is not JSON"),
        ("a.json", '{"a": 1}', "an array of strings"),
        ("A.CSV", "tag,owner\nx,y\n", "no column `value`"),
        ("a.txt", "caf\xe9", "a.txt: is not UTF-8 at byte 3; convert it"),
        ("a.tar.gz", "<html>503</html>", "a.tar.gz: cannot be read as an archive"),
    ],
)
def test_what_is_no_list_is_named(tmp_path, name, text, complaint):
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises(ListError, match=complaint):
        read_values(tmp_path / name)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("ofac_addresses_2024-09-27.tar.gz", "ofac_addresses"),
        ("blocklist_8335.conf", "blocklist"),
        ("wallets.csv", "wallets"),
        ("2024.txt", "2024"),
    ],
)
def test_issues_of_one_list_have_one_source(tmp_path, file, source):
    assert source_of(tmp_path / file) == source


def test_a_newer_issue_adds_delists_and_lists_again(spark, home):
    def load(day, *values):
        (home / f"wallets_{day}.txt").write_text("\n".join(values))
        return load_reference(spark, "wallets", home / f"wallets_{day}.txt", listed_at=MARCH.replace(day=day))

    assert load(1, "a", "b") == {"added": 2, "delisted": 0, "kept": 0}
    assert load(2, "b", "c") == {"added": 1, "delisted": 1, "kept": 1}
    assert load(3, "a", "b", "c") == {"added": 1, "delisted": 0, "kept": 2}
    first, second, third = (MARCH.replace(day=day) for day in (1, 2, 3))
    assert _rows(spark) == [("a", first, second), ("a", third, None), ("b", first, None), ("c", second, None)]


def test_the_same_issue_again_changes_nothing(spark, home):
    (home / "wallets.txt").write_text("a\nb")
    load_reference(spark, "wallets", home / "wallets.txt")
    before = read_table(spark, settings().table("reference", "wallets")).orderBy("value").collect()
    assert load_reference(spark, "wallets", home / "wallets.txt") == {"added": 0, "delisted": 0, "kept": 2}
    assert read_table(spark, settings().table("reference", "wallets")).orderBy("value").collect() == before


def test_without_a_date_a_value_is_listed_for_all_time_but_not_while_it_was_delisted(spark, home):
    for values in (["a", "b"], ["b"], ["a", "b"]):
        (home / "wallets.jsonl").write_text("\n".join(json.dumps({"value": value}) for value in values))
        load_reference(spark, "wallets", home / "wallets.jsonl")
    rows = _rows(spark)
    assert [(value, bool(since), bool(until)) for value, since, until in rows] == [
        ("a", False, True),
        ("a", True, False),
        ("b", False, False),
    ]
    assert rows[0][2] < rows[1][1]


@pytest.mark.parametrize(
    "text", ["", "<html>\n502\n</html>", "a\n"], ids=["empty", "error page", "cut short"]
)
def test_a_file_that_would_delist_most_of_a_list_is_refused(spark, home, text):
    (home / "wallets.txt").write_text("a\nb\nc")
    load_reference(spark, "wallets", home / "wallets.txt")
    (home / "wallets.txt").write_text(text)
    with pytest.raises(
        ListError, match=r"would delist \d of the 3 values that wallets has listed; .* --shrink"
    ):
        load_reference(spark, "wallets", home / "wallets.txt")
    assert [until for _, _, until in _rows(spark)] == [None] * 3


def test_a_list_shrinks_when_it_is_said_to(spark, home):
    (home / "wallets.txt").write_text("a\nb\nc")
    load_reference(spark, "wallets", home / "wallets.txt")
    (home / "wallets.txt").write_text("c")
    assert load_reference(spark, "wallets", home / "wallets.txt", may_shrink=True)["delisted"] == 2


def test_two_files_of_a_list_are_loaded_one_after_the_other(spark, home):
    (home / "wallets.txt").write_text("a")
    with writing("reference-wallets", "another load"), pytest.raises(LeaseHeld, match="another load"):
        load_reference(spark, "wallets", home / "wallets.txt")


def test_another_source_keeps_its_values(spark, home):
    (home / "ours.txt").write_text("a\nb")
    (home / "theirs.txt").write_text("a")
    load_reference(spark, "wallets", home / "ours.txt")
    load_reference(spark, "wallets", home / "theirs.txt")
    (home / "ours.txt").write_text("b")
    load_reference(spark, "wallets", home / "ours.txt")
    assert [(value, bool(until)) for value, _, until in _rows(spark)].count(("a", False)) == 1
