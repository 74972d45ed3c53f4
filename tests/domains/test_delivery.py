"""Simulated messages reach a topic, each once and in order by user."""

from __future__ import annotations

import json

import pytest
from confluent_kafka import Consumer, TopicPartition
from typer.testing import CliRunner

from domains.delivery import deliver
from domains.simulation import Message, simulate
from orchestration.commands import app
from weir.error import WeirError


def read_all(broker, topic):
    """Every message of a topic: key, value, partition, by partition and offset."""
    consumer = Consumer(
        {"bootstrap.servers": broker.servers, "group.id": topic, "enable.partition.eof": True}
    )
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    found, ended = [], 0
    while ended < len(partitions):
        message = consumer.poll(10)
        assert message is not None, f"{topic} has ended {ended} of {len(partitions)} partitions, then silence"
        if message.error():
            ended += 1
        else:
            found.append((message.partition(), message.offset(), message.key(), message.value()))
    consumer.close()
    return [(key.decode(), value, partition) for partition, _, key, value in sorted(found)]


def test_simulate_sends_every_message_once_and_a_user_to_one_partition(kafka, tmp_path, monkeypatch):
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP_SERVERS", kafka.servers)
    kafka.create_topic("simulated", partitions=3)
    words = [
        "simulate",
        "payments",
        "--events",
        "500",
        "--to",
        "kafka:simulated",
        "--out",
        str(tmp_path),
        "--json",
    ]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    expected = list(simulate("payments", 500, seed=1).messages())
    assert json.loads(told.stdout)[0]["sent"] == len(expected)
    found = read_all(kafka, "simulated")
    assert sorted(body for _, body, _ in found) == sorted(message.body for message in expected)
    assert len({(key, partition) for key, _, partition in found}) == len({key for key, _, _ in found})
    assert len({partition for _, _, partition in found}) == 3
    user = max({key for key, _, _ in found}, key=lambda key: sum(key == other for other, _, _ in found))
    sent = [message.body for message in expected if message.key == user]
    assert [body for key, body, _ in found if key == user] == sent
    assert (tmp_path / "labels.jsonl").exists()
    assert not (tmp_path / "messages").exists()


def test_a_broker_that_is_not_there_is_named_with_the_count(monkeypatch):
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("WEIR_KAFKA_MESSAGE_TIMEOUT_MS", "500")
    with pytest.raises(WeirError, match=r"kafka:t at 127\.0\.0\.1:1: 2 messages were not taken"):
        deliver("kafka:t", [Message("u", b"1"), Message("u", b"2")])


def test_another_place_to_send_to_is_refused_with_those_there_are():
    with pytest.raises(WeirError, match="--to rabbit:x: write kafka:TOPIC or kinesis:STREAM"):
        deliver("rabbit:x", [])
