"""Records that the Kinesis Producer Library packed are unpacked; what it did not pack is left as it is."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_jobs.sources.kpl import MAGIC, messages_of


def _aggregate_class() -> Any:
    """The message of the library's aggregation format, as Google's own protobuf makes it."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="kpl.proto", package="kpl", syntax="proto2")
    record = file.message_type.add(name="Record")
    for number, (name, type) in enumerate(
        [
            ("partition_key_index", kind.TYPE_UINT64),
            ("explicit_hash_key_index", kind.TYPE_UINT64),
            ("data", kind.TYPE_BYTES),
        ],
        1,
    ):
        record.field.add(name=name, number=number, type=type, label=kind.LABEL_OPTIONAL)
    whole = file.message_type.add(name="AggregatedRecord")
    for number, name in enumerate(["partition_key_table", "explicit_hash_key_table"], 1):
        whole.field.add(name=name, number=number, type=kind.TYPE_STRING, label=kind.LABEL_REPEATED)
    whole.field.add(
        name="records", number=3, type=kind.TYPE_MESSAGE, label=kind.LABEL_REPEATED, type_name=".kpl.Record"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kpl.AggregatedRecord"))


AGGREGATE = _aggregate_class()


def aggregated(messages: list[bytes]) -> bytes:
    """Messages -> one record as the library writes it."""
    whole = AGGREGATE(partition_key_table=["a key", "ä" * 200], explicit_hash_key_table=["1"])
    for number, message in enumerate(messages):
        whole.records.add(partition_key_index=number % 2, explicit_hash_key_index=2**63, data=message)
    return _signed(whole.SerializeToString())


def _signed(body: bytes) -> bytes:
    return MAGIC + body + hashlib.md5(body).digest()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_every_message_of_an_aggregate_comes_out_in_order(messages):
    assert messages_of(aggregated(messages)) == messages


def test_a_plain_record_is_one_message():
    assert [messages_of(data) for data in (b"", b"{}", MAGIC)] == [[b""], [b"{}"], [MAGIC]]


@pytest.mark.parametrize("at", [0, 10, -20, -1])
def test_a_damaged_aggregate_is_one_message_as_it_is(at):
    data = bytearray(aggregated([b"one", b"two"]))
    data[at] ^= 1
    assert messages_of(bytes(data)) == [bytes(data)]


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_an_aggregate_that_is_no_protobuf_is_never_lost(body):
    messages = messages_of(_signed(body))
    assert messages


@pytest.mark.parametrize("body", [b"", b"\x1a\x05abc", b"\x1a\x02\x08\x01", b"\x1b", b"\xff" * 11, b"\x08"])
def test_an_aggregate_with_no_message_in_it_is_one_as_it_is(body):
    assert messages_of(_signed(body)) == [_signed(body)]
