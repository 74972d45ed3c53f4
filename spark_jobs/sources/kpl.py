"""A Kinesis record -> the messages in it: the Kinesis Producer Library packs many into one.

Format: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST = 16
# numbers of protobuf's fields, and of the ways in which they are written
RECORDS, DATA = 3, 3
VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 0, 1, 2, 5


def messages_of(data: bytes) -> list[bytes]:
    """A record's bytes -> its messages in order; what is not, or not wholly, an aggregate is one as it is."""
    body, digest = data[len(MAGIC) : -DIGEST], data[-DIGEST:]
    if not data.startswith(MAGIC) or hashlib.md5(body, usedforsecurity=False).digest() != digest:
        return [data]
    try:
        records = [record for field, record in _fields(body) if field == RECORDS]
        return [_data_of(record) for record in records] or [data]
    except ValueError:
        return [data]


def _data_of(record: bytes) -> bytes:
    values = [value for field, value in _fields(record) if field == DATA]
    if not values:
        raise ValueError("a record of an aggregate without data")
    # protobuf: of a field that comes twice the last one counts
    return values[-1]


def _fields(body: bytes) -> Iterator[tuple[int, bytes]]:
    """A protobuf message -> (field number, value) of each field that is bytes. Raises ValueError."""
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        field, written = tag >> 3, tag & 7
        if written == VARINT:
            _, at = _varint(body, at)
            continue
        size, at = _size(body, at, written)
        if at + size > len(body):
            raise ValueError("a field runs over the end")
        if written == DELIMITED:
            yield field, body[at : at + size]
        at += size


def _size(body: bytes, at: int, written: int) -> tuple[int, int]:
    if written == DELIMITED:
        return _varint(body, at)
    if written in (EIGHT_BYTES, FOUR_BYTES):
        return (8 if written == EIGHT_BYTES else 4), at
    raise ValueError(f"wire type {written}")


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first, as long as the top bit is set -> (the number, where it ends)."""
    value = shift = 0
    for index in range(at, min(at + 10, len(body))):
        value |= (body[index] & 0x7F) << shift
        shift += 7
        if body[index] < 0x80:
            return value, index + 1
    raise ValueError("a number without end")
