"""Messages -> a Kafka topic, each once and in order by key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException, Producer

from domains.simulation import Message
from weir.error import WeirError
from weir.kafka import SERVERS, client_settings

PRODUCER = {
    # a retry after a lost answer neither doubles nor reorders
    "enable.idempotence": True,
    # a user's messages stay in one partition, the same that a Java producer would take
    "partitioner": "murmur2_random",
    "linger.ms": 20,
    "compression.type": "lz4",
}


@dataclass(slots=True)
class _Receipts:
    """What the broker said to each message."""

    arrived: int = 0
    refused: list[KafkaError] = field(default_factory=list)

    def __call__(self, error: KafkaError | None, message: object) -> None:
        if error is None:
            self.arrived += 1
        else:
            self.refused.append(error)


def send_to_kafka(topic: str, messages: Iterable[Message]) -> int:
    """Send messages by an idempotent producer, keyed by `key` -> how many the broker has taken, which is all.

    Raises WeirError with how many it has not. WEIR_KAFKA_* say where the broker is.
    """
    settings, receipts = client_settings(), _Receipts()
    try:
        producer = Producer({**settings, **PRODUCER})
        for message in messages:
            _produce(producer, topic, message, receipts)
        producer.flush()
    except KafkaException as error:
        raise WeirError(f"kafka:{topic} at {settings[SERVERS]}: {_text(error)}") from error
    if receipts.refused:
        first = receipts.refused[0].str()
        raise WeirError(
            f"kafka:{topic} at {settings[SERVERS]}: {len(receipts.refused)} messages were not taken: {first}"
        )
    return receipts.arrived


def _produce(producer: Producer, topic: str, message: Message, receipts: _Receipts) -> None:
    while True:
        try:
            producer.produce(topic, message.body, message.key, on_delivery=receipts)
        except BufferError:
            producer.poll(1)
        else:
            producer.poll(0)
            return


def _text(error: KafkaException) -> str:
    cause = error.args[0]
    return cause.str() if isinstance(cause, KafkaError) else str(cause)
