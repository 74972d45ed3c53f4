"""A local Jetstream: it serves what a test gives it over a real websocket, as badly as the test wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

FIRST_TIME = 10**15


def event(time_us: int, text: str = "") -> bytes:
    """An event in the form of /subscribe."""
    commit = {
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": "r",
        "record": {"text": text},
    }
    return json.dumps({"did": "did:plc:a", "time_us": time_us, "kind": "commit", "commit": commit}).encode()


def numbered_event(seq: int, second: int = 0, text: str = "") -> bytes:
    """An event in the form of network.bsky.jetstream.subscribeEvents."""
    kind = "network.bsky.jetstream.subscribeEvents#commit"
    time = f"2026-08-12T10:{second // 60:02}:{second % 60:02}.000000Z"
    payload = {"$type": kind, "seq": seq, "did": "did:plc:a", "time": time, "record": {"text": text}}
    return json.dumps({"$type": "message", "payload": payload}).encode()


def _cursor_of(frame: bytes) -> int:
    body = json.loads(frame)
    return body["time_us"] if "time_us" in body else body["payload"]["seq"]


@dataclass
class JetstreamServer:
    """Sends `events` from the cursor on, then what is added, to each connection.

    replay: what a connection is to be sent at first instead, one list a connection. drop_after: after how many
    frames to hang up, one number a connection. floor: the oldest cursor that it takes. asked: the cursors that
    clients asked for.
    """

    events: list[bytes] = field(default_factory=list)
    replay: list[list[bytes]] = field(default_factory=list)
    drop_after: list[int] = field(default_factory=list)
    floor: int = 0
    status: HTTPStatus | None = None
    asked: list[int | None] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""
    is_open: bool = True

    def add(self, *frames: bytes) -> None:
        with self.changed:
            self.events += frames
            self.changed.notify_all()

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        cursor = _asked(request)
        self.asked.append(cursor)
        if self.status:
            return connection.respond(self.status, json.dumps({"error": "InvalidRequest", "message": "no"}))
        if cursor is None or cursor >= min(self.floor, FIRST_TIME):
            return None
        error = {"error": "CursorTooOld", "message": f"oldest is {self.floor}"}
        return connection.respond(HTTPStatus.BAD_REQUEST, json.dumps(error))

    def send(self, connection: ServerConnection) -> None:
        assert connection.request
        cursor = _asked(connection.request) or 0
        left = self.drop_after.pop(0) if self.drop_after else -1
        sent = 0
        first = self.replay.pop(0) if self.replay else None
        while self.is_open:
            with self.changed:
                if first is None and sent >= len(self.events):
                    self.changed.wait(0.1)
                frames, sent = (first or self.events[sent:]), len(self.events)
            for frame in frames:
                if left == 0:
                    return
                if first is not None or self._is_due(frame, cursor):
                    connection.send(frame.decode())
                    left -= 1
            first = None

    def _is_due(self, frame: bytes, cursor: int) -> bool:
        place = _cursor_of(frame)
        if cursor >= FIRST_TIME > place:
            return place >= self.floor
        return place >= max(cursor, self.floor)


@contextmanager
def jetstream_server() -> Iterator[JetstreamServer]:
    """A server on a free port, until the block is left."""
    state = JetstreamServer()
    with serve(state.send, "127.0.0.1", 0, process_request=state.refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        state.url = f"ws://127.0.0.1:{_port(server)}/subscribe"
        try:
            yield state
        finally:
            state.is_open = False
            server.shutdown()
            thread.join()


def _port(server: Server) -> int:
    return server.socket.getsockname()[1]


def _asked(request: Request) -> int | None:
    values = parse_qs(urlsplit(request.path).query).get("cursor")
    return int(values[0]) if values else None
