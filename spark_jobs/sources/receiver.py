"""A thread that keeps a websocket open and writes what it brings into the spool."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from spark_jobs.sources.jetstream_frame import Frame, parse
from spark_jobs.sources.resumption import FIRST_TIME, Resumption, cursor_before, is_not_beyond
from spark_jobs.sources.spool import Place, Spool
from weir.error import WeirError

TOO_OLD = "CursorTooOld"
# an event is about 1 KB and at most 1 MB
LARGEST = 16 * 1024 * 1024
# frames are written together: as many, or for as long (seconds)
TOGETHER, FOR_SECONDS = 500, 0.2
# how long older frames may still come after the first ones (seconds)
LATE = 3.0
# after so many connections that were cut before that, it is taken that none will come
PATIENCE = 5
FIRST_DELAY, LONGEST_DELAY = 0.25, 30.0
MANY_FAILURES = 4
# refusals that pass; any other of 400 to 499 is a mistake in the address
PASSING = (408, 429)
log = logging.getLogger("weir.jetstream")


class Refused(WeirError):
    """The server will not serve this address."""


@dataclass
class Receiver:
    """Receives until it is stopped.

    begin: where to resume when the spool holds nothing. landed: the newest event that had landed when the spool was
    new, so that it does not know those before. max_bytes: of the spool; when it is full nothing is read
    until some has landed, and the server keeps what comes or leaves a gap. failure: why it has ended by itself.
    trouble: why the last connection ended; failures: how many ended since the server said something.
    listening_since: since when it has been silent (monotonic seconds), None while there is no connection, or
    something to be written.
    """

    url: str
    file: Path
    begin: Place | None
    after: int
    max_bytes: int
    landed: Place | None = None
    failure: Exception | None = None
    trouble: Exception | None = None
    failures: int = 0
    listening_since: float | None = None
    refusal: str | None = None
    cut_short: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        # a thread that ends with its process, whatever it is doing
        self._thread = threading.Thread(target=self._run, name="jetstream", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=10)

    def is_silent(self, seconds: float) -> bool:
        """Whether there is a connection and the server has said nothing for so long."""
        since = self.listening_since
        return since is not None and time.monotonic() - since > seconds

    def given_up(self) -> Exception | None:
        """Why nothing is to be expected soon; it goes on trying all the same, unless it was refused."""
        if self.failure or self.failures <= MANY_FAILURES:
            return self.failure
        return WeirError(f"jetstream:{self.url}: cannot be reached: {self.trouble}; try again later")

    def _run(self) -> None:
        try:
            spool = Spool.at(self.file, self.after)
            try:
                self._keep_connected(spool)
            finally:
                spool.close()
        except Exception as failure:  # the reader's to raise: nobody waits for a thread
            self.failure = failure

    def _keep_connected(self, spool: Spool) -> None:
        while not self._stopping.is_set():
            try:
                self._receive(spool)
            except InvalidStatus as refusal:
                if self._is_too_old(refusal):
                    continue
                self.trouble = refusal
            except (OSError, WebSocketException) as trouble:
                self.trouble = trouble
            self.listening_since = None
            delay = min(FIRST_DELAY * 2 ** min(self.failures, 10), LONGEST_DELAY) * random.uniform(0.5, 1)
            self.failures += 1
            log.warning("%s: %s; trying again in %.1f s", self.url, self.trouble, delay)
            self._stopping.wait(delay)

    def _receive(self, spool: Spool) -> None:
        known = spool.place()
        newest = known or self.begin
        cursor = FIRST_TIME if self.refusal else cursor_before(newest) if newest else None
        resumption = Resumption(newest, has_memory=known is not None, refusal=self.refusal)
        # to begin with, the cursor that the address itself may have
        url = self.url if cursor is None else with_cursor(self.url, cursor)
        with connect(url, max_size=LARGEST, user_agent_header="weir") as connection:
            self.refusal, self.listening_since = None, time.monotonic()
            try:
                self._keep_frames(connection, resumption, spool)
            except ConnectionClosed:
                # some servers never let a connection live until it is clear what they left out
                self.cut_short = 0 if resumption.is_over else self.cut_short + 1
                if self.cut_short > PATIENCE:
                    self._keep(spool, resumption, resumption.take([], is_late=True))
                raise

    def _keep_frames(self, connection: ClientConnection, resumption: Resumption, spool: Spool) -> None:
        first_at = None
        while not self._stopping.is_set():
            self._wait_for_room(spool)
            payloads = gather(connection)
            if payloads:
                # a slow disk is no silence of the server
                self.failures, self.listening_since = 0, None
            frames = self._messages(payloads)
            first_at = time.monotonic() if frames and first_at is None else first_at
            is_late = first_at is not None and time.monotonic() - first_at > LATE
            self._keep(spool, resumption, resumption.take(frames, is_late))
            self.listening_since = self.listening_since or time.monotonic()

    def _keep(self, spool: Spool, resumption: Resumption, frames: list[Frame]) -> None:
        new = [frame for frame in frames if not self._had_landed(frame, resumption.run)]
        if new:
            spool.append(new, resumption.run, resumption.gap)
            resumption.gap = None

    def _had_landed(self, frame: Frame, run: int) -> bool:
        # a server that began to count anew, in another run, sends small numbers
        landed = self.landed
        if landed is None or landed.run != run:
            return False
        return is_not_beyond(frame, landed.cursor, landed.time)

    def _messages(self, payloads: list[bytes]) -> list[Frame]:
        """Log what the server says of the connection -> the other frames."""
        frames = [parse(payload) for payload in payloads]
        for frame in frames:
            if frame.notice:
                log.warning("%s: %s", self.url, frame.notice)
        return [frame for frame in frames if frame.notice is None]

    def _wait_for_room(self, spool: Spool) -> None:
        while spool.waiting() > self.max_bytes and not self._stopping.wait(FOR_SECONDS):
            self.listening_since = time.monotonic()

    def _is_too_old(self, refusal: InvalidStatus) -> bool:
        """Whether the cursor alone was refused, so that the oldest events are next. Raises Refused for good."""
        status, body = refusal.response.status_code, bytes(refusal.response.body or b"")
        if not 400 <= status < 500 or status in PASSING:
            return False
        name, message = _error_of(body)
        if name == TOO_OLD and self.refusal is None:
            self.refusal = f"{name}: {message}"
            return True
        raise Refused(
            f"jetstream:{self.url}: the server answers {status} {name} {message}; correct the address"
        )


def gather(connection: ClientConnection) -> list[bytes]:
    """The frames of the next moment, perhaps none. Raises ConnectionClosed when there are no more."""
    frames: list[bytes] = []
    end = time.monotonic() + FOR_SECONDS
    while len(frames) < TOGETHER and (left := end - time.monotonic()) > 0:
        try:
            frames.append(bytes(connection.recv(timeout=left, decode=False)))
        except TimeoutError:
            break
        except ConnectionClosed:
            if not frames:
                raise
            break
    return frames


def with_cursor(url: str, cursor: int | None) -> str:
    """An address -> the same with that cursor, or with none."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "cursor"]
    query += [] if cursor is None else [("cursor", str(cursor))]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _error_of(body: bytes) -> tuple[str, str]:
    try:
        error = json.loads(body)
        return str(error["error"]), str(error.get("message"))
    except (ValueError, TypeError, KeyError):
        return "", body[:200].decode(errors="replace")
