"""Bytes that no producer meant to send: mutated messages, and what hypothesis thinks of; a seed, the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Mutation = Callable[[bytes, Random], bytes]
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**400, -(10**40), 0.1 + 0.2, "", " ", "NaN", "-0", "1e999", "9" * 300,
    "\u0000", "\ud800", "\u202e", "٣", "1,000.00", "0x10", "2026-02-30T00:00:00Z", "24:00", "::1%eth0",
    "EUR\n", [], {}, [[]], {"a": {"b": []}},
)  # fmt: skip
SCRAPS = (
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b",",
    b":",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\\u12",
    b"\xf0\x9f",
)


def fuzzed(messages: Sequence[bytes], number: int, seed: int) -> Iterator[bytes]:
    """Sound messages -> so many mutated ones as records; each has an event_id of its own to begin with."""
    chance = Random(seed)
    for place in range(number):
        sound = json.loads(messages[place % len(messages)])
        mutated = json.dumps({**sound, "event_id": f"fuzz-{place}"}).encode()
        for _ in range(chance.choice([0, 1, 1, 1, 2, 5])):
            mutated = chance.choice(MUTATIONS)(mutated, chance)
        yield as_record(mutated)


def anything(lists: int) -> list[bytes]:
    """Texts, bytes and JSON of any kind, as hypothesis makes them, fifty a list."""
    found: list[bytes] = []
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    names = st.sampled_from(["event_id", "event_type", "occurred_at", "amount", "metadata"]) | st.text(
        max_size=5
    )
    values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner))
    texts = st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    records = st.binary() | texts | values.map(lambda value: json.dumps(value).encode())

    @settings(
        max_examples=lists,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @given(st.lists(records, min_size=50, max_size=50))
    def collect(some: list[bytes]) -> None:
        found.extend(as_record(one) for one in some)

    collect()
    return found


def as_record(content: bytes) -> bytes:
    """Bytes -> the same as a line that is a message: without newlines, and not blank."""
    line = content.replace(b"\n", b" ")
    return line if line.strip() else b"\x00"


def _flip(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    if changed:
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(content: bytes, chance: Random) -> bytes:
    begin = chance.randint(0, len(content))
    return content[:begin] + content[begin + chance.randint(1, 30) :]


def _repeat(content: bytes, chance: Random) -> bytes:
    begin = chance.randint(0, len(content))
    return content[:begin] + content[begin : begin + chance.randint(1, 30)] * chance.choice([2, 3, 50])


def _insert(content: bytes, chance: Random) -> bytes:
    place = chance.randint(0, len(content))
    return content[:place] + chance.choice([*SCRAPS, chance.randbytes(4)]) + content[place:]


def _odd_value(content: bytes, chance: Random) -> bytes:
    """Another value under one of its names, when it still is an object."""
    try:
        fields = json.loads(content)
        fields[chance.choice([*fields])] = chance.choice(ODD)
    except (ValueError, TypeError, IndexError, RecursionError):
        return content
    return json.dumps(fields).encode()


MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _repeat, _insert, _odd_value, _odd_value)
