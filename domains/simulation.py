"""A simulated stream: its messages in order of arrival, its labels, and how both are written to files."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from domains.faults import FAULTS, MALFORMED, Damage, Faults, encode
from domains.traffic import DEFAULT_DAYS, HOUR, MINUTE, Span, identity
from weir.error import WeirError

# a Monday, and long ago: no clock is so wrong that the traffic lies in its future
DEFAULT_START = datetime(2024, 11, 4, tzinfo=UTC)
CHUNK = 20_000
SOURCE = "simulator"


class Message(NamedTuple):
    """What a producer sends: `key` decides the partition, `body` is one line without its newline."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Simulation:
    """Events of one domain, who did them, and how they were delivered.

    events: structured array by time with at least `number`, `occurred` (microseconds), `attack` (0 = none)
    render: rows of events -> contract events, `event_id` first
    deliveries: see `domains.faults.deliveries`
    reference: list name -> values that the traffic's attacks need to be listed
    """

    events: np.ndarray
    attacks: tuple[str, ...]
    render: Callable[[np.ndarray], list[dict[str, Any]]]
    deliveries: np.ndarray
    malformations: Mapping[str, Damage]
    key: Callable[[dict[str, Any]], str]
    reference: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def messages(self) -> Iterator[Message]:
        """Every message in order of arrival; memory stays that of one chunk."""
        damages = list(self.malformations.items())
        for first in range(0, len(self.deliveries), CHUNK):
            chunk = self.deliveries[first : first + CHUNK]
            rendered = self.render(self.events[chunk["row"]])
            for event, fault in zip(rendered, chunk["fault"].tolist(), strict=True):
                key = self.key(event)
                if fault < MALFORMED:
                    yield Message(key, encode(event))
                else:
                    kind, damage = damages[fault - MALFORMED]
                    yield Message(key, damage({**event, "event_id": f"{event['event_id']}~{kind}"}))

    def labels(self) -> Iterator[dict[str, Any]]:
        """One label an event: event_id, is_fraud, attack or None, labeled_at (RFC 3339), source."""
        for first in range(0, len(self.events), CHUNK):
            chunk = self.events[first : first + CHUNK]
            waited = 2 * HOUR + identity(chunk["number"], 7) % (4200 * MINUTE)
            moments = np.datetime_as_string((chunk["occurred"] + waited).astype("datetime64[us]"), unit="s")
            rows = zip(self.render(chunk), chunk["attack"].tolist(), moments.tolist(), strict=True)
            for event, attack, moment in rows:
                yield {
                    "event_id": event["event_id"],
                    "is_fraud": attack > 0,
                    "attack": self.attacks[attack - 1] if attack else None,
                    "labeled_at": f"{moment}Z",
                    "source": SOURCE,
                }

    def counts(self) -> dict[str, Any]:
        """How many events, messages, events of each attack and messages of each fault."""
        names = (*FAULTS, *self.malformations)
        faults = Counter(names[code] for code in self.deliveries["fault"].tolist() if code)
        attacks = Counter(self.attacks[code - 1] for code in self.events["attack"].tolist() if code)
        return {
            "events": len(self.events),
            "messages": len(self.deliveries),
            "attack_events": sum(attacks.values()),
            "attacks": {name: attacks[name] for name in self.attacks},
            "faults": {name: faults[name] for name in names[1:]},
        }


def simulate(
    domain: str,
    events: int,
    seed: int,
    start: datetime = DEFAULT_START,
    attack_rate: float = 0.02,
    faults: Faults | None = None,
) -> Simulation:
    """A domain's traffic: `events` good events from `start` on; raises WeirError on a bad request."""
    if events < 1 or not 0 <= attack_rate <= 0.5:
        raise WeirError(f"events={events} must be at least 1 and attack_rate={attack_rate} between 0 and 0.5")
    if start.tzinfo is None or Span(start).last > datetime.now(UTC).timestamp() * 1_000_000:
        raise WeirError(f"start={start} must have a time zone and lie {DEFAULT_DAYS} days back or more")
    try:
        module = import_module(f"domains.{domain}.simulate")
    except ModuleNotFoundError as missing:
        raise WeirError(
            f"no simulator for '{domain}': domains/{domain}/simulate.py is not there"
        ) from missing
    return module.simulate(events, seed, start, attack_rate, faults)


def paced(messages: Iterable[Message], per_second: float | None) -> Iterator[Message]:
    """The same messages, at most `per_second` of them a second; None is as fast as they can be made."""
    began = time.monotonic()
    for sent, message in enumerate(messages):
        if per_second and (ahead := sent / per_second - (time.monotonic() - began)) > 0:
            time.sleep(ahead)
        yield message


def write_simulation(
    simulation: Simulation, out: Path, files: int = 1, per_second: float | None = None
) -> None:
    """-> out/messages/part-*.jsonl, and what write_truth writes.

    A file appears only when it is whole: a stream that watches the folder never reads half of one.
    """
    messages = paced(simulation.messages(), per_second)
    size = -(-len(simulation.deliveries) // files)
    for number in range(files):
        bodies = (message.body for message in islice(messages, size))
        _write_lines(out / "messages" / f"part-{number:05d}.jsonl", bodies)
    write_truth(simulation, out)


def write_truth(simulation: Simulation, out: Path) -> None:
    """-> out/labels.jsonl and out/reference/<list>.jsonl: what is known of the traffic beside its messages."""
    _write_lines(out / "labels.jsonl", (json.dumps(label).encode() for label in simulation.labels()))
    for name, values in simulation.reference.items():
        rows = ({"value": value, "source": SOURCE} for value in values)
        _write_lines(out / "reference" / f"{name}.jsonl", (json.dumps(row).encode() for row in rows))


def _write_lines(path: Path, lines: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.unfinished")
    with hidden.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)
    hidden.replace(path)
