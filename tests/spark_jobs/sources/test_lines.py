"""Bytes become lines with their offsets, wherever a file is cut."""

from __future__ import annotations

import io

import pytest

from spark_jobs.sources import lines
from spark_jobs.sources.lines import read_lines


def _lines(content: bytes, start: int = 0, end: int | None = None) -> list[tuple[int, bytes]]:
    blocks = read_lines(io.BytesIO(content), start, end)
    return [
        pair
        for positions, payloads in blocks
        for pair in zip(positions.tolist(), payloads.to_pylist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [(0, b"a")]),
        (b"a\nb\n", [(0, b"a"), (2, b"b")]),
        (b"a\r\nb", [(0, b"a\r"), (3, b"b")]),
        (b"\n \r\n\t\na\n\n", [(6, b"a")]),
        (b"  a \n b", [(0, b"  a "), (5, b" b")]),
        (b"\xef\xbb\xbfa\nb", [(3, b"a"), (5, b"b")]),
        (b"\xef\xbb\xbf", []),
        (b"\xef\xbb\xbf\n", []),
        (b"a\n\xef\xbb\xbfb", [(0, b"a"), (2, b"\xef\xbb\xbfb")]),
        (b"\xff\x00\n", [(0, b"\xff\x00")]),
    ],
)
def test_bytes_are_kept_as_they_are_and_blank_lines_are_no_messages(content, expected):
    assert _lines(content) == expected


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
def test_every_line_belongs_to_exactly_one_piece_wherever_the_file_is_cut(monkeypatch, block):
    monkeypatch.setattr(lines, "BLOCK", block)
    content = b"\xef\xbb\xbfone\n\n three\r\n4\n  \nfive"
    whole = _lines(content)
    for cut in range(len(content) + 1):
        assert _lines(content, 0, cut) + _lines(content, cut, len(content)) == whole, cut


def test_a_line_longer_than_many_blocks_is_whole(monkeypatch):
    monkeypatch.setattr(lines, "BLOCK", 1024)
    long = b"x" * 1_000_000
    assert _lines(b"a\n" + long + b"\nb") == [(0, b"a"), (2, long), (1_000_003, b"b")]
