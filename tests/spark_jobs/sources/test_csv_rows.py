"""A CSV row becomes a JSON object of strings, and one with the wrong number of values keeps its text."""

from __future__ import annotations

import io
import json

import pytest

from spark_jobs.sources import csv_rows
from spark_jobs.sources.csv_rows import read_csv


def _rows(content: bytes) -> dict[int, bytes]:
    blocks = read_csv(lambda: io.BytesIO(content))
    return {
        n: payload
        for numbers, payloads in blocks
        for n, payload in zip(numbers.tolist(), payloads.to_pylist(), strict=True)
    }


def test_values_are_strings_and_empty_ones_null():
    assert _rows(b'id,amount\n1,2.50\n,\n"",x\n') == {
        0: b'{"id":"1","amount":"2.50"}',
        1: b'{"id":null,"amount":null}',
        2: b'{"id":null,"amount":"x"}',
    }


@pytest.mark.parametrize(
    "value", ['say "hi"', "back\\slash", "two\nlines", "tab\t", "bell\x07", "é", "a,b", "null", "\\u0041"]
)
def test_any_value_comes_back_as_it_was(value):
    quoted = '"' + value.replace('"', '""') + '"'
    payload = _rows(f"na\tme,b\n{quoted},{quoted}\n".encode())[0]
    assert json.loads(payload) == {"na\tme": value, "b": value}


def test_a_byte_order_mark_line_ends_and_blank_lines_belong_to_no_row():
    assert _rows(b"\xef\xbb\xbfid\r\n\r\n1\r\n\r\n2\r\n") == {0: b'{"id":"1"}', 1: b'{"id":"2"}'}


def test_a_ragged_row_is_the_text_of_its_line_at_its_own_place(monkeypatch):
    monkeypatch.setattr(csv_rows, "ROWS", 2)
    assert _rows(b"a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n11,12\n13") == {
        0: b'{"a":"1","b":"2"}',
        1: b"3",
        2: b'{"a":"4","b":"5"}',
        3: b"6,7,8",
        4: b'{"a":"9","b":"10"}',
        5: b'{"a":"11","b":"12"}',
        6: b"13",
    }


def test_bytes_that_are_no_utf8_are_kept():
    assert _rows(b"id\n\xff\n") == {0: b'{"id":"\xff"}'}


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"id,amount\n"])
def test_a_file_without_rows_has_no_messages(content):
    assert _rows(content) == {}


def test_a_column_named_twice_is_refused():
    with pytest.raises(ValueError, match="the header names id more than once"):
        _rows(b"id,id\n1,2\n")
