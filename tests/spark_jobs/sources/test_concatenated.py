"""Objects that stand one behind the other on a line are messages of their own, cut nowhere else."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.sources.concatenated import cut_objects

TEXT = st.text(st.sampled_from('{}[]"\\ ,:ab\n'), max_size=12)
OBJECTS = st.dictionaries(
    TEXT, st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=5)
)


def _cut(*lines: bytes) -> list[tuple[int, bytes]]:
    positions = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1]
    at, pieces = cut_objects(positions, pa.array(lines, pa.binary()))
    return list(zip(at.tolist(), pieces.to_pylist(), strict=True))


@settings(deadline=None, max_examples=40)
@given(st.lists(OBJECTS, min_size=1, max_size=6), st.sampled_from(["", " ", "\t\r"]))
def test_every_object_comes_out_whole_at_its_own_offset(objects, between):
    texts = [json.dumps(one) for one in objects]
    line = between.join(texts).encode()
    pieces = _cut(b"{}", line, b"x")[1:-1]
    assert b"".join(piece for _, piece in pieces) == line
    if "}{" in line.decode():
        assert [json.loads(piece) for _, piece in pieces] == objects
    assert all(line[at - 3 :].startswith(piece) for at, piece in pieces)


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": "}{"}',
        rb'{"a": "\"}{"}',
        rb'{"a": "\\\"}{"}',
        b'[{"a": "}{"}, {"b": 1}]',
        b'{"a": {}{}}',
        b'x{"a": 1}{"b": 2}',
        b'{"a": 1}}{"b": 2}',
        b'"}{"',
        b"}{",
    ],
)
def test_what_is_no_row_of_objects_stays_whole(line):
    assert _cut(line, b"{}") == [(0, line), (len(line) + 1, b"{}")]


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        (b'{"a":1}{"b":', [b'{"a":1}', b'{"b":']),
        (b'{"a":1}{"b":"', [b'{"a":1}', b'{"b":"']),
        (b'{"a":}{"b":2}', [b'{"a":}', b'{"b":2}']),
        (b'{"a":1}{"b":2},{"c":3}', [b'{"a":1}', b'{"b":2},{"c":3}']),
        (b' {"a":1}{} {} ', [b' {"a":1}', b"{} ", b"{} "]),
    ],
)
def test_an_object_that_is_broken_does_not_take_the_others_with_it(line, pieces):
    assert [piece for _, piece in _cut(line)] == pieces


def test_a_slice_of_lines_is_cut_like_the_lines_themselves():
    lines = pa.array([b"{}{}", b"{}", b'{"a":1}{}', b"x"], pa.binary())
    at, pieces = cut_objects(np.array([5, 8, 18]), lines.slice(1, 3))
    assert list(zip(at.tolist(), pieces.to_pylist(), strict=True)) == [
        (5, b"{}"),
        (8, b'{"a":1}'),
        (15, b"{}"),
        (18, b"x"),
    ]
