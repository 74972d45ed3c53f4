"""What a Kafka topic holds, asked through the client that Spark's connector brings, with its settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from spark_jobs.session import java_class
from weir.error import WeirError
from weir.kafka import SERVERS, client_settings, java_settings

# the defaults wait a minute and more for a broker that is not there
PATIENCE = {"default.api.timeout.ms": "30000", "request.timeout.ms": "15000"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """A partition's first offset that is kept, and the offset behind its last."""

    earliest: int
    latest: int


def topic_bounds(spark: SparkSession, topic: str) -> dict[int, Bounds]:
    """Partition -> its bounds. WeirError when Kafka does not answer or has no such topic."""
    settings = client_settings()
    try:
        with _admin(spark, {**PATIENCE, **java_settings(settings)}) as admin:
            partitions = _partitions(spark, admin, topic)
            earliest, latest = (_offsets(spark, admin, partitions, spec) for spec in ("earliest", "latest"))
    except Py4JJavaError as error:
        cause = error.java_exception.getCause() or error.java_exception
        raise WeirError(
            f"kafka:{topic} at {settings[SERVERS]}: {str(cause.getMessage()).rstrip('.')}; see that the topic is "
            "there, and that WEIR_KAFKA_* hold the right connection settings"
        ) from error
    return {number: Bounds(earliest[number], latest[number]) for number in earliest}


@contextmanager
def _admin(spark: SparkSession, settings: dict[str, str]) -> Iterator[Any]:
    properties = java_class(spark, "java.util.Properties")()
    for name, value in settings.items():
        properties.setProperty(name, value)
    admin = java_class(spark, "org.apache.kafka.clients.admin.Admin").create(properties)
    try:
        yield admin
    finally:
        admin.close(java_class(spark, "java.time.Duration").ofSeconds(0))


def _partitions(spark: SparkSession, admin: Any, topic: str) -> list[Any]:
    topics = java_class(spark, "java.util.ArrayList")()
    topics.add(topic)
    described = admin.describeTopics(topics).allTopicNames().get().get(topic)
    partition = java_class(spark, "org.apache.kafka.common.TopicPartition")
    return [partition(topic, found.partition()) for found in described.partitions()]


def _offsets(spark: SparkSession, admin: Any, partitions: list[Any], spec: str) -> dict[int, int]:
    offset = java_class(spark, "org.apache.kafka.clients.admin.OffsetSpec")
    asked = java_class(spark, "java.util.HashMap")()
    for partition in partitions:
        asked.put(partition, getattr(offset, spec)())
    answers = admin.listOffsets(asked).all().get()
    return {partition.partition(): answers.get(partition).offset() for partition in partitions}
