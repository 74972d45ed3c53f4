"""What a socket brought, kept on disk in the order of its arrival until it has landed.

A socket cannot be read again, so a batch is read from here. SQLite does what a spool must: an append is on the
disk before it counts, or not there at all, whatever kills the process.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from spark_jobs.sources.jetstream_frame import Frame

GAP = "gap"
# of an event that is known by its number alone: all others are earlier
UNKNOWN_TIME = 2**62
# how many of the messages that have landed are remembered, so that they are known when they come again
REMEMBERED = 100_000
SCHEMA = """
    create table if not exists message (
        id integer primary key autoincrement, partition text not null, position integer not null,
        cursor integer, time integer, run integer not null, format text,
        digest blob not null unique, payload blob not null, unique (partition, position)
    );
    create index if not exists by_time on message (coalesce(time, 0), id);
    create table if not exists state (waiting integer not null, landed integer not null);
    insert into state select 0, 0 where not exists (select 1 from state);"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stream is: the newest event's cursor and time (us), and how many gaps there were before it."""

    cursor: int
    time: int
    run: int = 0


@dataclass(frozen=True, slots=True)
class Spool:
    """One connection to the file; each thread has its own."""

    database: sqlite3.Connection

    @classmethod
    def at(cls, file: Path, after: int = 0) -> Spool:
        """The spool in a file, made when it is not there; a new one counts its messages from `after` on."""
        file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(file, isolation_level=None, timeout=60)
        # a commit is written through to the disk before it returns
        database.executescript("pragma journal_mode = wal; pragma synchronous = full;" + SCHEMA)
        spool = cls(database)
        if spool.newest() < after:
            database.execute("delete from sqlite_sequence where name = 'message'")
            database.execute("insert into sqlite_sequence (name, seq) values ('message', ?)", (after,))
        return spool

    @staticmethod
    def remove(file: Path) -> None:
        """Take the spool in a file away, if there is one. Nobody may have it open."""
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)

    def append(self, frames: Iterable[Frame], run: int, gap: bytes | None = None) -> None:
        """Add the frames that are not there yet, all or none; a gap stands before them."""
        with self._transaction():
            if gap is not None:
                self._add(Frame(gap), run, GAP)
            for frame in frames:
                self._add(frame, run, None)

    def newest(self) -> int:
        """The id of the newest message that there ever was, 0 for none."""
        row = self.database.execute("select seq from sqlite_sequence where name = 'message'").fetchone()
        return row[0] if row else 0

    def place(self, upto: int | None = None) -> Place | None:
        """Where the stream is, or was at the message of that id; None when there are no events."""
        # by time, because a server that begins anew gives smaller numbers
        row = self.database.execute(
            "select cursor, time, run from message where cursor is not null and id <= ?"
            " order by coalesce(time, 0) desc, id desc limit 1",
            (self.newest() if upto is None else upto,),
        ).fetchone()
        return Place(row[0], row[1] or 0, row[2]) if row else None

    def end(self, start: int, max_bytes: int, stop: int | None = None) -> int:
        """The id behind `start` with which a batch of about `max_bytes` ends; at least one message, if any."""
        row = self.database.execute(
            "select max(id) from (select id, sum(length(payload)) over (order by id) - length(payload) as before"
            " from message where id > ? and id <= ?) where before < ?",
            (start, self.newest() if stop is None else stop, max_bytes),
        ).fetchone()
        return row[0] or start

    def rows(self, start: int, end: int) -> list[tuple[str, int, bytes, str | None]]:
        """(partition, position, payload, format) of the messages behind `start`, up to and with `end`."""
        return self.database.execute(
            "select partition, position, payload, format from message where id > ? and id <= ? order by id",
            (start, end),
        ).fetchall()

    def prune(self, landed: int) -> None:
        """Let go of what has landed: of the bytes at once, of the rest when it is old."""
        landing = "select total(length(payload)) from message where id <= ?1"
        with self._transaction():
            self.database.execute(
                f"update state set waiting = waiting - ({landing}), landed = ?2", (landed, landed)
            )
            self.database.execute(
                "update message set payload = x'' where id <= ? and payload <> x''", (landed,)
            )
            oldest = min(landed, self.newest() - REMEMBERED)
            self.database.execute("delete from message where id <= ?", (oldest,))

    def forget(self, is_named: Callable[[bytes], bool]) -> int:
        """Remove the messages that `is_named` knows by their bytes -> how many; no byte of them is kept.

        Nobody else may have the spool open. What is removed comes again when the server still has it.
        """
        self.database.create_function("is_named", 1, is_named)
        named = "payload <> x'' and is_named(payload)"
        with self._transaction():
            bytes_named = f"select total(length(payload)) from message where {named}"
            self.database.execute(f"update state set waiting = waiting - ({bytes_named})")
            gone = self.database.execute(f"delete from message where {named}").rowcount
        # what was removed, and what has landed, lies about in free pages
        self.database.execute("vacuum")
        self.database.execute("pragma wal_checkpoint(truncate)").fetchall()
        return gone

    def waiting(self) -> int:
        """How many bytes of messages have not landed."""
        return int(self.database.execute("select waiting from state").fetchone()[0])

    def landed(self) -> int:
        """The id of the newest message that is known to have landed, 0 for none."""
        return self.database.execute("select landed from state").fetchone()[0]

    def close(self) -> None:
        self.database.close()

    def _add(self, frame: Frame, run: int, format: str | None) -> None:
        digest = hashlib.sha256(frame.payload).digest()[:16]
        if self.database.execute("select 1 from message where digest = ?", (digest,)).fetchone():
            return
        partition = GAP if format == GAP else f"{frame.wire}/{run}"
        wanted = (frame.cursor if frame.cursor is not None else self._last_cursor()) or 0
        values = (partition, self._free(partition, wanted), frame.cursor, frame.time, run, format, digest)
        self.database.execute(
            "insert into message (partition, position, cursor, time, run, format, digest, payload)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, frame.payload),
        )
        self.database.execute("update state set waiting = waiting + ?", (len(frame.payload),))

    def _free(self, partition: str, position: int) -> int:
        """The position, or the next one that no message has: two events may be of the same microsecond."""
        taken = "select 1 from message where partition = ? and position = ?"
        while self.database.execute(taken, (partition, position)).fetchone():
            position += 1
        return position

    def _last_cursor(self) -> int | None:
        place = self.place()
        return place.cursor if place else None

    def _transaction(self) -> sqlite3.Connection:
        self.database.execute("begin immediate")
        return self.database
