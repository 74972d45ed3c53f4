"""What goes wrong between producer and lake: duplicates, late, out-of-order and malformed messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from domains.traffic import HOUR, MINUTE, SECOND

Damage = Callable[[dict[str, Any]], bytes]
DELIVERY = np.dtype([("row", np.int64), ("fault", np.int16)])
# codes of the column `fault`; malformations count on from MALFORMED in the order of their mapping
SOUND, DUPLICATE, LATE, OUT_OF_ORDER, MALFORMED = range(5)
FAULTS = ("sound", "duplicate", "late", "out_of_order")


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of the events (0-1) that are sent twice, come late (10 minutes to 6 hours) or out of order
    (within a minute), and of malformed messages that come on top."""

    duplicate: float = 0.01
    late: float = 0.01
    out_of_order: float = 0.02
    malformed: float = 0.01


def deliveries(
    rng: np.random.Generator, occurred: np.ndarray, faults: Faults, malformations: int
) -> np.ndarray:
    """Event times (microseconds) -> one DELIVERY a message, in order of arrival.

    Every event is delivered once, a duplicate again; a malformed message is a damaged copy of some event.
    """
    events = len(occurred)
    shuffled = rng.permutation(events)
    late, tardy, twice, damaged = (
        round(share * events)
        for share in (faults.late, faults.out_of_order, faults.duplicate, faults.malformed)
    )
    fault = np.zeros(events, np.int16)
    fault[shuffled[:late]] = LATE
    fault[shuffled[late : late + tardy]] = OUT_OF_ORDER
    delay = np.zeros(events, np.int64)
    delay[fault == LATE] = rng.integers(10 * MINUTE, 6 * HOUR, np.sum(fault == LATE))
    delay[fault == OUT_OF_ORDER] = rng.integers(SECOND, MINUTE, np.sum(fault == OUT_OF_ORDER))

    again = rng.choice(events, twice, replace=False)
    copied = rng.choice(events, damaged, replace=damaged > events)
    row = np.concatenate([np.arange(events), again, copied])
    kinds = MALFORMED + np.arange(damaged, dtype=np.int16) % malformations
    fault = np.concatenate([fault, np.full(twice, DUPLICATE, np.int16), kinds])
    resent = delay[again] + rng.integers(SECOND, 2 * HOUR, twice)
    arrival = occurred[row] + np.concatenate([delay, resent, np.zeros(damaged, np.int64)])
    order = np.argsort(arrival, kind="stable")
    sent = np.empty(len(row), DELIVERY)
    sent["row"], sent["fault"] = row[order], fault[order]
    return sent


def encode(event: Mapping[str, Any]) -> bytes:
    """An event -> one JSON line without its newline; what is None is left out."""
    present = {name: value for name, value in event.items() if value is not None}
    return json.dumps(present, separators=(",", ":")).encode()


def with_value(name: str, value: Any) -> Damage:
    """A malformation that puts `value` into column `name`; None removes the column."""
    return lambda event: encode({**event, name: value})


def malformations(time_column: str) -> dict[str, Damage]:
    """What any domain's message may suffer: name -> a function from the event to the damaged bytes."""
    return {
        "truncated": lambda event: encode(event)[:-20],
        "not_json": lambda event: b"<event id='" + str(event["event_id"]).encode() + b"'/>",
        "not_an_object": lambda event: b"[" + encode(event) + b"]",
        "duplicate_key": lambda event: encode(event)[:-1] + b',"event_type":"' + b'other"}',
        "invalid_utf8": lambda event: encode(event).replace(b'"event_id":"', b'"event_id":"\xff\xfe', 1),
        "control_character": lambda event: encode(event).replace(b'"event_id":"', b'"event_id":"\x01', 1),
        "too_deep": with_value("metadata", _nested(100)),
        "lone_surrogate": with_value("user_id", "u\ud800"),
        "missing_event_id": with_value("event_id", None),
        "empty_event_id": with_value("event_id", ""),
        "overlong_id": with_value("event_id", "e" * 300),
        "unprintable_id": with_value("user_id", "u\u0000\u0007"),
        "missing_event_type": with_value("event_type", None),
        "unknown_event_type": with_value("event_type", "chargeback_dispute"),
        "missing_time": with_value(time_column, None),
        "conflicting_time": lambda event: encode({"occurred_at": 1, **event, "timestamp": 2}),
        "not_a_time": with_value(time_column, "yesterday at noon"),
        "future_time": with_value(time_column, "2200-01-01T00:00:00Z"),
        "ancient_time": with_value(time_column, "1999-12-31T23:59:59Z"),
        "bad_ip": with_value("ip_address", "999.12.0.1"),
        "metadata_not_a_map": with_value("metadata", ["not", "a", "map"]),
    }


def _nested(levels: int) -> dict[str, Any]:
    return {"deeper": _nested(levels - 1)} if levels else {}
