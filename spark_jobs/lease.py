"""One writer per domain at a time: a lease that its holder loses with its life."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from weir.error import WeirError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: what it calls itself, its process, and since when (RFC 3339)."""

    name: str
    pid: int
    since: str


class LeaseHeld(WeirError):
    """Another live process holds the lease."""

    def __init__(self, path: Path, holder: Holder) -> None:
        self.holder = holder
        super().__init__(
            f"{path}: '{holder.name}' (pid {holder.pid}) has been writing since {holder.since}; "
            "wait until it ends or stop it"
        )


@contextmanager
def lease(path: Path, name: str) -> Iterator[Holder]:
    """Hold the lease at `path` while the block runs; LeaseHeld at once when a live process holds it.

    The operating system drops the lock of a process that dies, so a dead holder is in nobody's way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        if not _locked(file):
            raise LeaseHeld(path, _read(file))
        holder = Holder(name, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))
        _write(file, json.dumps(asdict(holder)))
        try:
            yield holder
        finally:
            _write(file, "")


def lease_holder(path: Path) -> Holder | None:
    """Who holds the lease now, or None."""
    if not path.exists():
        return None
    with path.open("r") as file:
        return None if _locked(file, fcntl.LOCK_SH) else _read(file)


def _locked(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: IO[str]) -> Holder:
    file.seek(0)
    text = file.read()
    # the moment between a holder's lock and its name
    return Holder(**json.loads(text)) if text else Holder("a process that is just starting", 0, "now")


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
