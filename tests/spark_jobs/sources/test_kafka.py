"""A Kafka topic lands once, in order, whatever happens to topic and broker meanwhile; what is lost is counted."""

from __future__ import annotations

import logging
import shutil
import signal
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer

from spark_jobs import record_feed
from spark_jobs.append import append_once, has_appended
from spark_jobs.intake import Intake
from spark_jobs.kept import kept_max_ages
from spark_jobs.lake import read_table
from spark_jobs.landing import drain_raw, start_raw
from spark_jobs.sources.kafka import KafkaSource, gone, made_anew
from spark_jobs.sources.kafka_offsets import Bounds
from spark_jobs.sources.source import MessagesGone
from spark_jobs.stream import drain
from tests.kafka_broker import PASSWORD, USER
from weir.error import WeirError
from weir.settings import settings


@pytest.fixture
def at_broker(kafka, home, monkeypatch):
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP_SERVERS", kafka.servers)
    return kafka


def send(broker, topic, values, partition=0, **config):
    producer = Producer({"bootstrap.servers": broker.servers, "enable.idempotence": True, **config})
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(30) == 0


def transaction(broker, topic, values, commit):
    producer = Producer({"bootstrap.servers": broker.servers, "transactional.id": topic})
    producer.init_transactions()
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value, partition=0)
    producer.flush()
    producer.commit_transaction() if commit else producer.abort_transaction()


def raw(spark):
    rows = read_table(spark, settings().table("raw", "payments")).orderBy("seq").collect()
    return [(row["partition"], row["position"], row["payload"] and bytes(row["payload"])) for row in rows]


def of_partition(spark, number):
    return [(position, payload) for partition, position, payload in raw(spark) if partition == str(number)]


@pytest.mark.usefixtures("brief_payments")
def test_committed_messages_land_by_partition_and_offset_in_bounded_batches(spark, at_broker):
    at_broker.create_topic("bounded", partitions=2)
    send(at_broker, "bounded", [b"x", b"y"], partition=1)
    send(at_broker, "bounded", [b"a", None, b"c"])
    transaction(at_broker, "bounded", [b"never", b"was"], commit=False)
    transaction(at_broker, "bounded", [b"d"], commit=True)
    drained = drain(spark, "payments", Intake(KafkaSource("bounded", max_messages=4)))
    # offsets 3 and 4 were aborted, 5 is the marker that says so
    assert of_partition(spark, 0) == [(0, b"a"), (1, None), (2, b"c"), (6, b"d")]
    assert of_partition(spark, 1) == [(0, b"x"), (1, b"y")]
    # it was sent first
    assert raw(spark)[0][2] == b"x"
    assert (drained.landed.messages, drained.scored, drained.quarantined) == (6, 0, 6)
    landed = read_table(spark, settings().table("raw", "payments"))
    assert {row["source"] for row in landed.collect()} == {"kafka:bounded"}
    assert landed.groupBy("batch_id").count().count() > 1
    assert kept_max_ages(spark, settings().checkpoint("scored/payments")) == {"kafka": 7 * 86_400}
    refused = read_table(spark, settings().table("quarantine", "payments"))
    assert refused.where("position = 1 and partition = '0'").first()["reason"] == "not_json"  # pyright: ignore


def test_a_running_stream_takes_a_broker_restart_and_new_partitions(spark, at_broker):
    at_broker.create_topic("restarted", partitions=1)
    stream = start_raw(spark, "payments", KafkaSource("restarted"), every="0 seconds")
    try:
        send(at_broker, "restarted", [b"one"])
        stream.query.processAllAvailable()
        at_broker.stop(signal.SIGKILL)
        at_broker.start()
        at_broker.grow_topic("restarted", 3)
        send(at_broker, "restarted", [b"two"])
        send(at_broker, "restarted", [b"three", b"four"], partition=2)
        stream.query.processAllAvailable()
    finally:
        stream.query.stop()
    # a partition is noticed when the client next asks what there is
    drain_raw(spark, "payments", KafkaSource("restarted"))
    assert of_partition(spark, 0) == [(0, b"one"), (1, b"two")]
    assert of_partition(spark, 2) == [(0, b"three"), (1, b"four")]
    assert len(raw(spark)) == 4


def test_expired_messages_are_counted_and_only_a_new_epoch_goes_on_behind_them(spark, at_broker, caplog):
    source = KafkaSource("expired")
    at_broker.create_topic("expired", partitions=2)
    send(at_broker, "expired", [b"kept"] * 3)
    drain_raw(spark, "payments", source)
    send(at_broker, "expired", [b"lost"] * 5 + [b"left"])
    send(at_broker, "expired", [b"other"], partition=1)
    at_broker.expire("expired", 0, before=8)
    lost = r"5 messages of partition 0 are gone \(offsets 3 to 7\)"
    with pytest.raises(MessagesGone, match=rf"kafka:expired: {lost}; to go on .* --new-epoch"):
        drain_raw(spark, "payments", source)
    assert len(raw(spark)) == 3
    shutil.rmtree(settings().checkpoint("raw/payments/kafka"))
    with caplog.at_level(logging.WARNING):
        drain_raw(spark, "payments", source, new_epoch=True)
    assert "5 messages of partition 0 are gone" in caplog.text
    assert of_partition(spark, 0)[3:] == [(8, b"left")]
    assert of_partition(spark, 1) == [(0, b"other")]


def test_messages_that_expire_under_a_running_stream_are_counted(spark, at_broker, monkeypatch):
    def append_while_the_rest_expires(*arguments):
        at_broker.expire("fleeting", 0, before=18)
        return append_once(*arguments)

    # or the client would have read them all before they expire
    monkeypatch.setenv("WEIR_KAFKA_MAX_PARTITION_FETCH_BYTES", "1")
    at_broker.create_topic("fleeting", partitions=1)
    for _ in range(20):
        send(at_broker, "fleeting", [b"x"])
    monkeypatch.setattr(record_feed, "append_once", append_while_the_rest_expires)
    with pytest.raises(MessagesGone, match=r"16 messages of partition 0 are gone \(offsets 2 to 17\)"):
        drain_raw(spark, "payments", KafkaSource("fleeting", max_messages=2))


def test_messages_that_expire_under_the_first_batch_are_counted_whenever_it_is_tried(
    spark, at_broker, monkeypatch
):
    def expire_before_they_are_read(*arguments):
        at_broker.expire("brief", 0, before=4)
        return has_appended(*arguments)

    at_broker.create_topic("brief", partitions=1)
    send(at_broker, "brief", [b"x"] * 6)
    monkeypatch.setattr(record_feed, "has_appended", expire_before_they_are_read)
    for _ in range(2):
        with pytest.raises(MessagesGone, match=r"4 messages of partition 0 are gone \(offsets 0 to 3\)"):
            drain_raw(spark, "payments", KafkaSource("brief"))
    shutil.rmtree(settings().checkpoint("raw/payments/kafka"))
    drain_raw(spark, "payments", KafkaSource("brief"), new_epoch=True)
    assert of_partition(spark, 0) == [(4, b"x"), (5, b"x")]


@contextmanager
def logged_to(spark, file):
    """Everything that Spark and Kafka's clients say, from `info` on, also goes to a file."""
    log4j = spark._jvm.org.apache.logging.log4j
    root = log4j.LogManager.getContext(False).getRootLogger()
    appender = log4j.core.appender.FileAppender.newBuilder().withFileName(str(file)).setName("test").build()
    appender.start()
    root.addAppender(appender)
    spark.sparkContext.setLogLevel("info")
    try:
        yield
    finally:
        spark.sparkContext.setLogLevel("error")
        root.removeAppender(appender)
        appender.stop()


def test_sasl_and_tls_settings_reach_the_client_and_no_log(spark, at_broker, home, monkeypatch):
    at_broker.create_topic("secret", partitions=1)
    send(at_broker, "secret", [b"hush"])
    for name, value in {
        "BOOTSTRAP_SERVERS": at_broker.secure_servers,
        "SECURITY_PROTOCOL": "SASL_SSL",
        "SASL_MECHANISM": "PLAIN",
        "SASL_USERNAME": USER,
        "SASL_PASSWORD": PASSWORD,
        "SSL_CA_LOCATION": str(at_broker.certificates.trusted),
    }.items():
        monkeypatch.setenv(f"WEIR_KAFKA_{name}", value)
    with logged_to(spark, home / "log"):
        drain_raw(spark, "payments", KafkaSource("secret"))
    assert [payload for _, _, payload in raw(spark)] == [b"hush"]
    told = (home / "log").read_text()
    assert "security.protocol = SASL_SSL" in told
    assert PASSWORD not in told
    monkeypatch.setenv("WEIR_KAFKA_SASL_PASSWORD", "wrong-one")
    with pytest.raises(WeirError, match=r"kafka:secret at .*[Aa]uthentication failed") as refused:
        drain_raw(spark, "payments", KafkaSource("secret"))
    assert "wrong-one" not in str(refused.value)


def test_a_topic_that_is_not_there_is_named(spark, at_broker):
    with pytest.raises(
        WeirError, match=r"kafka:nowhere at .*does not host this topic.*; see that the topic is there"
    ):
        drain_raw(spark, "payments", KafkaSource("nowhere"))


@pytest.mark.parametrize(
    ("expected", "bounds", "told"),
    [
        ({0: 5}, {0: Bounds(0, 5)}, []),
        ({0: 5}, {0: Bounds(9, 9)}, ["4 messages of partition 0 are gone (offsets 5 to 8)"]),
        ({}, {1: Bounds(2, 4)}, ["2 messages of partition 1 are gone (offsets 0 to 1)"]),
    ],
)
def test_what_a_topic_lacks_is_told_by_partition(expected, bounds, told):
    assert list(gone(expected, bounds, new=True)) == told


def test_a_new_checkpoint_expects_nothing_of_a_partition_it_never_read():
    assert list(gone({}, {1: Bounds(2, 4)}, new=False)) == []


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({0: Bounds(0, 5)}, []),
        ({0: Bounds(0, 3)}, ["partition 0 ends at 3, but 5 were read"]),
        ({1: Bounds(0, 9)}, ["partition 0 ends at nowhere, but 5 were read"]),
    ],
)
def test_a_topic_that_ends_before_what_was_read_was_made_anew(bounds, told):
    assert list(made_anew({0: 5}, bounds)) == told


def test_a_topic_that_was_made_anew_is_refused_for_its_offsets_are_taken(spark, at_broker):
    source = KafkaSource("anew")
    at_broker.create_topic("anew", partitions=1)
    send(at_broker, "anew", [b"old"] * 3)
    drain_raw(spark, "payments", source)
    at_broker.delete_topic("anew")
    at_broker.create_topic("anew", partitions=1)
    send(at_broker, "anew", [b"new"])
    told = (
        r"partition 0 ends at 1, but 3 were read: the topic was made anew, .* a topic of another name, move"
    )
    with pytest.raises(MessagesGone, match=told):
        drain_raw(spark, "payments", source)
    shutil.rmtree(settings().checkpoint("raw/payments/kafka"))
    with pytest.raises(MessagesGone, match=told):
        drain_raw(spark, "payments", source, new_epoch=True)
    assert [payload for *_, payload in raw(spark)] == [b"old"] * 3
