"""After a reconnect: which frames are new, and whether the server left something out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from spark_jobs.sources.jetstream_frame import TIME, Frame
from spark_jobs.sources.spool import UNKNOWN_TIME, Place

# how far before the newest event to resume: servers mix up events by less than this, at the seam most of all
OVERLAP_MICROSECONDS, OVERLAP_NUMBERS = 5_000_000, 1_000
# below it a cursor is a number, from it on a time; and as a time it is older than any server's oldest event
FIRST_TIME = 10**15
# after so many frames, all newer than what was asked for, nothing older will come
PROOF = 100


def cursor_before(place: Place) -> int:
    """The cursor to resume with: a little before the newest event."""
    overlap = OVERLAP_NUMBERS if place.cursor < FIRST_TIME else OVERLAP_MICROSECONDS
    return max(place.cursor - overlap, 0)


def is_not_beyond(frame: Frame, cursor: int, time: int) -> bool:
    """Whether an event is neither newer than a cursor nor than a time."""
    # a server that began to count anew sends small numbers with new times
    return frame.cursor is not None and frame.cursor <= cursor and (frame.time or 0) <= time


@dataclass(slots=True)
class Resumption:
    """A connection's first frames, held until it is known whether the server could go on where it was asked to.

    newest: the newest event so far. has_memory: whether those before it are known when they come again. refusal:
    what the server said when it refused the cursor. It could go on when it repeats an event that is not newer
    than the newest so far. What it repeats from before the cursor it was asked for is dropped: servers may begin
    much earlier, with more than can be remembered.
    """

    newest: Place | None
    has_memory: bool = True
    refusal: str | None = None
    held: list[Frame] = field(default_factory=list)
    gap: bytes | None = None
    run: int = 0
    is_over: bool = False

    def __post_init__(self) -> None:
        self.is_over = self.newest is None
        self.run = self.newest.run if self.newest else 0

    def take(self, frames: list[Frame], is_late: bool = False) -> list[Frame]:
        """Frames as they come -> those to keep now. is_late: enough time has passed for older ones to come.

        When it is over, `gap` is what to tell of the messages that are missing, None when none are.
        """
        if self.newest is None or self.is_over:
            return frames
        self.held += frames
        events = [frame for frame in self.held if frame.cursor is not None]
        has_met = any(self._is_known(frame, self.newest.cursor) for frame in events)
        if not has_met and not (events and (is_late or len(events) >= PROOF)):
            return []
        if not has_met:
            self.gap, self.run = _gap(self.newest, events, self.refusal), self.run + 1
        self.is_over = True
        kept, self.held = [frame for frame in self.held if not self._is_repeated(frame)], []
        return kept

    def _is_repeated(self, frame: Frame) -> bool:
        assert self.newest is not None
        before = cursor_before(self.newest) if self.has_memory else self.newest.cursor + 1
        return self._is_known(frame, before - 1)

    def _is_known(self, frame: Frame, upto: int) -> bool:
        assert self.newest is not None
        return is_not_beyond(frame, upto, self.newest.time)


def _gap(newest: Place, events: list[Frame], refusal: str | None) -> bytes:
    oldest = min(events, key=lambda frame: (frame.time or 0, frame.cursor or 0))
    why = refusal or "the oldest that the server sent is newer than what it was asked for"
    bounds = {"after": newest.cursor, "before": oldest.cursor}
    if oldest.wire == TIME:
        return json.dumps({"gap": why} | bounds).encode()
    after = None if newest.time == UNKNOWN_TIME else newest.time
    return json.dumps({"gap": why} | bounds | {"after_us": after, "before_us": oldest.time}).encode()
