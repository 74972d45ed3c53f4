"""The same events arrive in many ways, side by side in one lake: trials that share no key, so none sees another."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

from pyspark.sql import SparkSession

from domains.faults import Faults
from domains.simulation import simulate
from spark_jobs.lake import append_rows, ddl
from weir.settings import settings
from weir.tables import RAW

Event = dict[str, Any]
EVENTS = 120
STEPS = 3
START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
RECEIVED = datetime(2026, 3, 20, tzinfo=UTC)
# a trial has two hours of its own, in which it happened, and a minute of its own, in which it came
APART = timedelta(hours=2)
LATENESS = 30
OWN = re.compile(r"t\d\d-|(?<=10\.)\d+(?=\.0\.)")


def busy_events(seed: int) -> list[Event]:
    """Events by time, three a minute: ties, few users, devices, addresses and shops, so that all have a history."""
    chance = Random(seed)
    sound = Faults(duplicate=0, late=0, out_of_order=0, malformed=0)
    messages = islice(simulate("payments", EVENTS, seed, faults=sound).messages(), EVENTS)
    events = [json.loads(message.body) for message in messages]
    for number, event in enumerate(events):
        event |= {
            "occurred_at": (START + timedelta(minutes=number // 3)).isoformat(),
            "event_type": chance.choice([*["payment"] * 6, "login", "refund"]),
            "user_id": f"u{chance.randrange(5)}",
            "device_id": f"d{chance.randrange(6)}",
            "ip_address": f"10.0.0.{chance.randrange(6)}",
            "merchant_id": f"m{chance.randrange(9)}",
            "amount": chance.choice(["1.50", "20", "999.99"]),
            "currency": chance.choice(["EUR", "USD"]),
        }
    return events


def arrival_order(events: Sequence[Event], seed: int, late: float, twice: float) -> list[Event]:
    """The events as they come: shares of them up to LATENESS minutes late, and a second time."""
    chance = Random(seed)

    def arrives(number: int, share: float) -> float:
        return number / 3 + (chance.uniform(1, LATENESS) if chance.random() < share else 0)

    coming = [(arrives(number, late), event) for number, event in enumerate(events)]
    coming += [(arrives(number, 1), event) for number, event in enumerate(events) if chance.random() < twice]
    return [event for _, event in sorted(coming, key=lambda one: one[0])]


def cut(messages: Sequence[bytes], chance: Random) -> list[list[bytes]]:
    """The messages, in order, in STEPS pieces of any size; some have none."""
    places = sorted(chance.randint(0, len(messages)) for _ in range(STEPS - 1))
    return [[*messages[begin:end]] for begin, end in pairwise([0, *places, len(messages)])]


def own_messages(trial: int, arrivals: Sequence[Event], apart: timedelta = timedelta()) -> list[bytes]:
    """A trial's events as messages, with keys and times that no other trial has."""

    def own(event: Event) -> Event:
        names = {
            name: f"t{trial:02d}-{event[name]}"
            for name in ("event_id", "user_id", "device_id", "merchant_id")
        }
        moment = (datetime.fromisoformat(event["occurred_at"]) + apart).isoformat()
        address = event["ip_address"].replace("10.0.", f"10.{trial}.", 1)
        return {**event, **names, "occurred_at": moment, "ip_address": address}

    return [json.dumps(own(event)).encode() for event in arrivals]


def trial_of(event_id: str) -> int:
    """The trial that an event is of."""
    return int(event_id[1:3])


def without_own(text: str) -> str:
    """What a row says without what only its trial says."""
    return OWN.sub("", text)


def land_trials(spark: SparkSession, trials: Sequence[Sequence[Sequence[bytes]]]) -> None:
    """Each trial's pieces -> STEPS commits of raw/payments, each with one piece of every trial."""
    seq = count()
    for step in range(STEPS):
        rows = [
            raw_row(trial, payload, next(seq), step)
            for trial, pieces in enumerate(trials)
            for payload in pieces[step]
        ]
        append_rows(spark.createDataFrame(rows, ddl(RAW)).coalesce(1), settings().table("raw", "payments"))


def raw_row(trial: int, payload: bytes, seq: int, batch_id: int) -> tuple[Any, ...]:
    """A message as a row of `raw`; its partition is its trial."""
    received = RECEIVED + timedelta(minutes=trial)
    key = ("files:/in", f"{trial:02d}", seq)
    return (*key, bytearray(payload), "json", None, received, received.date(), seq, batch_id)


def write_files(folder: Path, messages: Sequence[bytes], files: int) -> Path:
    """The messages, in order, in so many files of a new folder."""
    folder.mkdir(parents=True)
    for number in range(files):
        begin, end = (len(messages) * edge // files for edge in (number, number + 1))
        part = b"".join(message + b"\n" for message in messages[begin:end])
        (folder / f"part-{number:03d}.jsonl").write_bytes(part)
    return folder


def write_together(folder: Path, messages: Sequence[bytes], files: int, trial: int) -> None:
    """A trial's messages in so many files that come in the first batch."""
    write_files(folder / "b" / str(trial), messages, files)


def write_spread(folder: Path, messages: Sequence[bytes], files: int, trial: int) -> None:
    """A trial's messages in so many files, half of which come behind those of all `write_together`."""
    early, late = files // 2, files - files // 2
    middle = len(messages) * early // files
    write_files(folder / "a" / str(trial), messages[:middle], early)
    write_files(folder / "c" / str(trial), messages[middle:], late)
