"""One subject -> every message of theirs gone from raw, quarantine, scored, labels and replayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.lake import delete_matching
from spark_jobs.persisted import persisted
from spark_jobs.removal import ZONES, Removed, at_rest, held_tables, keep_next_numbers, keep_removal, purge
from spark_jobs.sources.jetstream import spool_of
from spark_jobs.sources.spool import Spool
from spark_jobs.whose import all_known, judged_whose, refused_of
from weir.reason import DUPLICATE
from weir.release import to_original
from weir.settings import settings
from weir.subject import Subject
from weir.tables import RAW_KEY

HOLDER = "weir erase"
DAYS = {
    "raw": "received_date",
    "quarantine": "received_date",
    "scored": "event_date",
    "replayed": "event_date",
}
Tables = dict[str, DataFrame]


@dataclass(frozen=True, slots=True)
class Request:
    """Whom to erase: the columns of the contract that name a message's subject, and the subject.

    mentions: messages of others go too when they name the subject anywhere.
    """

    subject: Subject
    columns: tuple[str, ...]
    mentions: bool = False

    @property
    def is_of_subject(self) -> Column:
        """Over the contract's columns: whether an event is the subject's."""
        return reduce(Column.__or__, map(self._is_subject, self.columns))

    def _is_subject(self, column: str) -> Column:
        # an address may be someone's name in a column that keeps its case
        held = F.lower(column) if self.subject.any_case else F.col(column)
        return held == self.subject.value

    def names(self, text: Column) -> Column:
        """Whether a text names the subject; see weir.subject."""
        return F.coalesce(text.rlike(self.subject.java_pattern), F.lit(False))


@dataclass(frozen=True, slots=True)
class Found:
    """What an erasure takes. messages: their raw keys as of before a release; labels: event ids.

    rows: zone -> how many; days: zone -> the partitions they are in. others: events of other subjects that came in
    the same messages, and go with them; mentions: messages of others that name the subject, and stay; folders: of
    files that the domain's messages were read from.
    """

    messages: DataFrame
    labels: DataFrame
    rows: dict[str, int] = field(default_factory=dict)
    days: dict[str, list[str]] = field(default_factory=dict)
    others: int = 0
    mentions: int = 0
    folders: tuple[str, ...] = ()


def find(spark: SparkSession, domain: str, request: Request) -> Found:
    """What an erasure would take now; nothing is written."""
    with _found(spark, domain, request) as found:
        return found


def erase(spark: SparkSession, domain: str, request: Request) -> tuple[Removed, Found]:
    """Settle what is pending, remove the subject's messages and what came of them, and purge the tables.

    A run that was cut short is finished by running it again. Raises LeaseHeld, WeirError.
    """
    with at_rest(spark, domain, HOLDER):
        waiting = _forget_spooled(domain, request.subject)
        keep_next_numbers(spark, domain)
        with _found(spark, domain, request) as found:
            rows = {**found.rows, "spool": waiting}
            removed = Removed(domain, "erasure", ", ".join(request.columns), rows)
            keep_removal(spark, removed)
            for zone in ZONES:
                if found.rows.get(zone):
                    _delete(domain, zone, found)
        purge(spark, domain)
    return removed, found


@contextmanager
def _found(spark: SparkSession, domain: str, request: Request) -> Iterator[Found]:
    """The found rows are kept while the block runs, so that nothing is looked for in what is gone already."""
    tables = held_tables(spark, domain)
    refused = tables["raw"].join(tables["quarantine"], [*RAW_KEY], "left_semi")
    with ExitStack() as cached:
        named = cached.enter_context(persisted(_named(tables, request)))
        whose = judged_whose(spark, domain, refused, request.is_of_subject, all_known(request.columns))
        whose = cached.enter_context(persisted(whose))
        theirs = _keys(refused_of(refused, whose, request.subject, domain))
        messages = cached.enter_context(persisted(_messages(tables, request, named, theirs)))
        labels = cached.enter_context(persisted(_labels(tables, messages)))
        found = Found(
            messages,
            labels,
            others=_of(tables["scored"], messages)
            .where(~F.coalesce(request.is_of_subject, F.lit(False)))
            .count(),
            mentions=named.join(messages, [*RAW_KEY], "left_anti").count(),
            folders=_folders(tables["raw"]),
        )
        for zone in (zone for zone in ZONES if zone in tables):
            _count(found, zone, tables[zone])
        yield found


def _named(tables: Tables, request: Request) -> DataFrame:
    """Raw keys of all messages that name the subject: in their bytes, or in what was made of them."""
    in_payload = tables["raw"].where(request.names(F.col("payload").cast("string")))
    scored = tables["scored"]
    made = [name for name in scored.columns if name not in RAW_KEY]
    in_event = scored.where(request.names(F.to_json(F.struct(*made))))
    return _keys(in_payload).unionByName(_keys(in_event)).distinct()


def _messages(tables: Tables, request: Request, named: DataFrame, theirs: DataFrame) -> DataFrame:
    """Raw keys of the subject's messages: those of their events, of these sent again, and `theirs`, refused ones.

    What settles no message goes too: an erasure that was cut short had taken the message away.
    """
    scored, refused, raw = tables["scored"], tables["quarantine"], _keys(tables["raw"])
    events = scored.where(request.is_of_subject)
    # the same event sent again, though its bytes may spell the subject otherwise
    again = refused.where(F.col("reason") == DUPLICATE).join(
        events.select("event_id"), "event_id", "left_semi"
    )
    parts = [
        _keys(events),
        _keys(again),
        theirs,
        *(_keys(zone).join(raw, [*RAW_KEY], "left_anti") for zone in (scored, refused)),
        *([named] if request.mentions else []),
    ]
    return reduce(DataFrame.unionByName, parts).distinct()


def _folders(raw: DataFrame) -> tuple[str, ...]:
    sources = _keys(raw).where("source like 'files:%'").select("source").distinct().collect()
    return tuple(row["source"].removeprefix("files:") for row in sources)


def _labels(tables: Tables, messages: DataFrame) -> DataFrame:
    """Ids of the events that these messages told of, and no other message does."""
    taken = [_of(tables[zone], messages).select("event_id") for zone in ("scored", "quarantine")]
    rest = tables["scored"].withColumn("source", F.expr(to_original("source")))
    rest = rest.join(messages, [*RAW_KEY], "left_anti").select("event_id")
    return reduce(DataFrame.unionByName, taken).dropna().distinct().join(rest, "event_id", "left_anti")


def _keys(rows: DataFrame) -> DataFrame:
    """Rows -> their raw keys; a released copy has its original's, since they go together."""
    return rows.select(F.expr(to_original("source")).alias("source"), "partition", "position")


def _of(rows: DataFrame, messages: DataFrame) -> DataFrame:
    """The rows of these messages, as they are but for the source, which is the original's."""
    return rows.withColumn("source", F.expr(to_original("source"))).join(messages, [*RAW_KEY], "left_semi")


def _count(found: Found, zone: str, table: DataFrame) -> None:
    if zone == "labels":
        found.rows[zone] = table.join(found.labels, "event_id", "left_semi").count()
        return
    counts = (
        _of(table, found.messages).groupBy(F.col(DAYS[zone]).cast("string").alias("day")).count().collect()
    )
    found.rows[zone] = sum(row["count"] for row in counts)
    found.days[zone] = sorted(row["day"] for row in counts)


def _delete(domain: str, zone: str, found: Found) -> None:
    path = settings().table(zone, domain)
    if zone == "labels":
        return delete_matching(path, found.labels, "held.event_id = gone.event_id")
    source = f"{to_original('held.source')} = gone.source"
    key = f"{source} and held.partition = gone.partition and held.position = gone.position"
    # the days are written out, so that no file of another day is read
    days = ", ".join(f"date'{day}'" for day in found.days[zone])
    return delete_matching(path, found.messages, f"{key} and held.{DAYS[zone]} in ({days})")


def _forget_spooled(domain: str, subject: Subject) -> int:
    """Messages of a socket that have not landed -> how many of them named the subject and are gone."""
    file = spool_of(settings().checkpoint(f"raw/{domain}/jetstream"))
    if not file.exists():
        return 0
    spool = Spool.at(file)
    try:
        return spool.forget(subject.is_named_in)
    finally:
        spool.close()
