"""One writer of this home at a time: a lock that its holder loses with its life."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from weir.error import WeirError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: what it calls itself, its process and machine, and since when (RFC 3339). No two have one `id`."""

    name: str
    pid: int
    since: str
    host: str = field(default_factory=socket.gethostname)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __str__(self) -> str:
        return f"'{self.name}' (pid {self.pid} on {self.host})"


class LeaseHeld(WeirError):
    """Another live process holds the lease."""

    def __init__(self, path: Path | str, holder: Holder) -> None:
        self.holder = holder
        super().__init__(
            f"{path}: {holder} has been writing since {holder.since}; wait until it ends or stop it"
        )


@contextmanager
def lease(path: Path, name: str) -> Iterator[tuple[Holder, Holder | None]]:
    """Hold the lease at `path` while the block runs -> the holder, and the last one when that died as it held.

    LeaseHeld at once when a live process holds it. The operating system drops the lock of a process that dies, so a
    dead holder is in nobody's way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        if not _locked(file):
            # the moment between a holder's lock and its name
            raise LeaseHeld(path, _read(file) or Holder("a process that is just starting", 0, "now"))
        left, holder = _read(file), Holder(name, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))
        _write(file, json.dumps(asdict(holder)))
        try:
            yield holder, left
        finally:
            _write(file, "")


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: IO[str]) -> Holder | None:
    """Who is written there; None when the last one gave it back."""
    file.seek(0)
    text = file.read()
    return Holder(**json.loads(text)) if text else None


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
