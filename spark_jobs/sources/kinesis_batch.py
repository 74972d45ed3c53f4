"""Where a batch of each shard ends, so that it can be read again and hold the same records.

Kinesis tells nowhere which record is a shard's newest. So the end is looked for: the first record behind a
moment, which costs one small call; or, when there is none, the last one that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from spark_jobs.sources.kinesis_stream import KinesisStream, Page, Record, Shard
from spark_jobs.sources.source import MessagesGone

# what arrived within the last second is left to the next batch, when there is something behind it to end with
SETTLE = 1000
# how far behind a silent shard's mark may fall (ms)
STALE = 900_000
# how far this machine's clock and that of Kinesis may differ (ms)
SKEW = 300_000
# how far times of arrival may go back from one record to the next (ms): Kinesis does not promise that they rise
WOBBLE = 10_000
# a shard takes in at most this much (bytes a second), so a span of time bounds the size of a batch
INTAKE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a shard is read: to the record `after`, '' for none.

    until: all that is unread arrived then or later (ms, by Kinesis' clock); 0 when that is not known.
    """

    after: str = ""
    until: int = 0
    is_finished: bool = False


Marks = Mapping[str, Mark]


def marks_of(offset: Mapping[str, dict]) -> dict[str, Mark]:
    """An offset, as Spark keeps it -> how far each shard is read."""
    return {shard: Mark(**mark) for shard, mark in offset.items()}


@dataclass(frozen=True, slots=True)
class Moments:
    """When it is (ms), how much time of a shard one batch may take (ms), and what the whole run ends at (ms)."""

    now: int
    span: int | None = None
    stop: int | None = None

    def horizon(self, since: int) -> int:
        """When a batch that begins at `since` ends."""
        latest = self.now - SETTLE if self.stop is None else self.stop
        return latest if self.span is None else min(latest, since + self.span)


@dataclass(frozen=True, slots=True)
class Range:
    """The records of one shard in one batch: behind `after`, up to and with `last`; None for the shard's end."""

    shard: str
    after: str
    last: str | None


def to_read(shards: list[Shard], marks: Marks) -> list[Shard]:
    """The shards to go on with: unfinished, and their parents finished, as a key's records are in order so."""
    listed = {shard.id for shard in shards}

    def is_finished(shard: str) -> bool:
        return shard not in listed or marks.get(shard, Mark()).is_finished

    return [shard for shard in shards if not is_finished(shard.id) and all(map(is_finished, shard.parents))]


def next_mark(stream: KinesisStream, shard: Shard, mark: Mark, moments: Moments) -> Mark:
    """A shard and how far it is read -> how far it will be when the next batch is done."""
    if moments.stop is not None and mark.until >= moments.stop:
        return mark
    first = None if mark.until else _first(stream.after(shard.id, mark.after, limit=1))
    since = first.arrived if first else mark.until or moments.now
    found = _first(stream.since(shard.id, moments.horizon(since), limit=1))
    if found and int(found.sequence) > int(mark.after or 0):
        return Mark(found.sequence, found.arrived)
    if found is None and shard.is_closed:
        return Mark(mark.after, moments.now, is_finished=True)
    # hardly before the mark, or what came before a silence would be read with every look
    last = _newest(stream, shard, max(since - WOBBLE, 0))
    if last and int(last.sequence) > int(mark.after or 0):
        return Mark(last.sequence, last.arrived)
    # an offset that moves makes a batch: only often enough that it never looks as old as the retention, and once for
    # a shard that is still empty, or what comes and expires while nobody reads would be missed in silence
    return replace(mark, until=moments.now - SKEW) if moments.now - mark.until > STALE else mark


def ranges(start: Marks, end: Marks) -> list[Range]:
    """How far the shards are read and will be -> what is between."""
    return [
        Range(shard, start.get(shard, Mark()).after, None if mark.is_finished else mark.after)
        for shard, mark in end.items()
        if (mark.after, mark.is_finished) != _where(start.get(shard, Mark()))
    ]


def read_range(stream: KinesisStream, wanted: Range) -> Iterator[Record]:
    """The records of a range, in order. Raises MessagesGone when the last one is not there any more."""
    for page in stream.after(wanted.shard, wanted.after):
        for record in page.records:
            if wanted.last and int(record.sequence) > int(wanted.last):
                raise _gone(stream, wanted)
            yield record
            if record.sequence == wanted.last:
                return
        if wanted.last and page.is_last and not page.records:
            raise _gone(stream, wanted)


def require_kept(stream: KinesisStream, shards: list[Shard], marks: Marks, now: int) -> None:
    """Raise MessagesGone when a shard is read no further than the stream still keeps its records at `now` (ms)."""
    oldest = now - int(stream.retention().total_seconds() * 1000)
    listed = {shard.id for shard in shards}
    for shard, mark in marks.items():
        if mark.is_finished or not mark.until:
            continue
        if mark.until < oldest or shard not in listed:
            raise MessagesGone(
                f"kinesis:{stream.name}: {shard} was read to {_place(mark.after)} and the stream no longer keeps "
                "all that came behind it; go on with what it keeps by --new-epoch, and make its retention longer"
            )


def _first(pages: Iterable[Page]) -> Record | None:
    for page in pages:
        if page.records or page.is_last:
            return page.records[0] if page.records else None
    return None


def _newest(stream: KinesisStream, shard: Shard, since: int) -> Record | None:
    newest = None
    for page in stream.since(shard.id, since):
        newest = page.records[-1] if page.records else newest
    return newest


def _gone(stream: KinesisStream, wanted: Range) -> MessagesGone:
    return MessagesGone(
        f"kinesis:{stream.name}: {wanted.shard} no longer keeps the records of this batch, {_place(wanted.after)} "
        f"to {wanted.last}; go on with what it keeps by --new-epoch, and make its retention longer"
    )


def _place(sequence: str) -> str:
    return sequence or "its oldest record"


def _where(mark: Mark) -> tuple[str, bool]:
    return mark.after, mark.is_finished
