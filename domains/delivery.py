"""`weir simulate --to KIND:PLACE` -> the messages, sent there."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domains.kafka import send_to_kafka
from domains.kinesis import send_to_kinesis
from domains.simulation import Message
from weir.place import parse_place

# kind -> how its place is written, and what sends messages to a place and counts those that arrived
KINDS: dict[str, tuple[str, Callable[[str, Iterable[Message]], int]]] = {
    "kafka": ("TOPIC", send_to_kafka),
    "kinesis": ("STREAM", send_to_kinesis),
}


def deliver(to: str, messages: Iterable[Message]) -> int:
    """'kafka:payments' and messages -> how many arrived. WeirError names the kinds there are."""
    send, place = parse_place(to, "--to", KINDS)
    return send(place, messages)
