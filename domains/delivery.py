"""`weir simulate --to KIND:PLACE` -> the messages, sent there."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from domains.kafka import send_to_kafka
from domains.simulation import Message
from weir.error import WeirError

# kind -> how its place is written, and what sends messages to a place and counts those that arrived
KINDS: dict[str, tuple[str, Callable[[str, Iterable[Message]], int]]] = {
    "kafka": ("TOPIC", send_to_kafka),
}


def deliver(to: str, messages: Iterable[Message]) -> int:
    """'kafka:payments' and messages -> how many arrived. WeirError names the kinds there are."""
    kind, _, place = to.partition(":")
    if kind not in KINDS or not place:
        known = " or ".join(f"{kind}:{place}" for kind, (place, _) in KINDS.items())
        raise WeirError(f"--to {to}: write {known}")
    return KINDS[kind][1](place, messages)
