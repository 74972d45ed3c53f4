"""A websocket frame of Jetstream, in either of its two forms -> the event's place in the stream.

Forms: `{"kind", "time_us", ...}` of /subscribe, whose cursor is a time, and `{"$type": "message", "payload":
{"seq", "time", ...}}` of network.bsky.jetstream.subscribeEvents, whose cursor is a number
(https://github.com/bluesky-social/jetstream/blob/main/docs/README.md, sections 5.1 and 5.2).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIME, NUMBER = "time_us", "seq"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came.

    wire: which cursor its form has. cursor: the event's, None for a frame that has none. time: the event's, in
    microseconds. notice: what the server says about the connection; such a frame is no message.
    """

    payload: bytes
    wire: str = TIME
    cursor: int | None = None
    time: int | None = None
    notice: str | None = None


def parse(payload: bytes) -> Frame:
    """Bytes -> Frame; what is no event in one of the two forms has no cursor, and is a message all the same."""
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return Frame(payload)
    if not isinstance(body, dict):
        return Frame(payload)
    if "$type" in body:
        return _with_number(payload, body)
    cursor = _cursor(body.get("time_us"))
    return Frame(payload, TIME, cursor, cursor)


def _with_number(payload: bytes, body: dict[str, Any]) -> Frame:
    event = body.get("payload")
    if body["$type"] == "error":
        return Frame(payload, NUMBER, notice=f"{body.get('error')}: {body.get('message')}")
    if not isinstance(event, dict):
        return Frame(payload, NUMBER)
    if str(event.get("$type")).endswith("#info"):
        return Frame(payload, NUMBER, notice=f"{event.get('name')}: {event.get('message')}")
    return Frame(payload, NUMBER, _cursor(event.get("seq")), _microseconds(event.get("time")))


def _cursor(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**63 else None


def _microseconds(text: object) -> int | None:
    try:
        return (datetime.fromisoformat(str(text)) - EPOCH) // MICROSECOND
    except (ValueError, TypeError):
        return None
