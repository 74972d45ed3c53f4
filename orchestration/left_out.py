"""What a folder holds and a running service will not land: told once, where `--once` ends with it as an error."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Thread

from weir.error import WeirError

# each look walks through the folders
SECONDS = 300


@dataclass(slots=True)
class LeftOutFiles:
    """Looks at folders, and what earlier ones have found. A line is told when a second look finds it still there.

    A file that is written while it is looked at is landed a moment later, and no word is lost on it.
    """

    looks: Sequence[Callable[[], list[str]]]
    say: Callable[[str], None]
    seen: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    next_look: float = 0
    looking: Thread | None = None

    def look_now_and_then(self) -> None:
        """Look in a thread, for a large folder takes long, unless the last look was only now or goes on."""
        if time.monotonic() < self.next_look or (self.looking and self.looking.is_alive()):
            return
        self.next_look = time.monotonic() + SECONDS
        self.looking = Thread(target=self.look, daemon=True)
        self.looking.start()

    def look(self) -> None:
        """Tell what the last look has found too and nobody was told yet."""
        try:
            found = {line for look in self.looks for line in look()}
        except (WeirError, OSError):
            # landing replaces the manifest's logs meanwhile; what is wrong with it for good ends landing itself
            return
        for line in sorted((found & self.seen) - self.told):
            self.say(line)
        self.told = (self.told | self.seen) & found
        self.seen = found
