"""`weir stream` under load from Kafka, killed again and again: the harness of test_kill.py and of `make soak`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from data_quality.books import books
from domains.kafka import send_to_kafka
from domains.simulation import Message, paced
from spark_jobs import record_feed, scorer
from spark_jobs.lake import read_table
from spark_jobs.sources.kafka import KafkaSource
from spark_jobs.stream import Intake, drain
from weir.duration import LONGEST
from weir.settings import settings
from weir.tables import PART_KEY, RAW_KEY

RATE = 60
# of a life, on a machine that others keep busy too
LONGEST_WAIT = 300
PROGRAM = "from orchestration.commands import main; main()"
UNGUARDED = f"from tests.killed_stream import unguard; unguard(); {PROGRAM}"
ZONES = ("raw", "scored", "quarantine")
# seconds since a life took the lease and the commits it has made -> whether it ends now
Moment = Callable[[float, set[Path]], bool]


def append_anyway(rows: DataFrame, path: str, *_: object) -> bool:
    """Append a batch without asking whether it has been appended, and leave no number of it behind."""
    rows.write.format("delta").mode("append").save(path)
    return True


def unguard() -> None:
    """Let both queries of this process append anyway."""
    record_feed.append_once = scorer.append_once = append_anyway


@dataclass(frozen=True, slots=True)
class Victim:
    """A stream of one domain from the topic of its name, in the home that WEIR_HOME says."""

    domain: str
    program: str = PROGRAM

    @contextmanager
    def alive(self) -> Iterator[subprocess.Popen[bytes]]:
        """It runs while the block does, and its whole process group is killed at the end."""
        # what is sent occurred long ago
        words = ["stream", self.domain, "--from", f"kafka:{self.domain}", "--max-age", f"{LONGEST.days}d"]
        with _log().open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", self.program, *words], stdout=log, stderr=log, start_new_session=True
            )
        try:
            yield process
        finally:
            # of one that gave up by itself the whole group may be gone
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def live_and_die(self, is_time: Moment) -> float:
        """Start it, and kill it when it is time -> seconds from lease to death."""
        before, leased = self.commits(), None
        until = time.monotonic() + LONGEST_WAIT
        with self.alive() as process:
            while leased is None or not is_time(time.monotonic() - leased, self.commits() - before):
                assert process.poll() is None, f"the stream ended by itself: {end_of_log()}"
                assert time.monotonic() < until, f"the stream does nothing: {_threads(process.pid)}"
                if leased is None and self._is_leased_by(process.pid):
                    leased = time.monotonic()
                time.sleep(0.01)
            return time.monotonic() - leased

    def _is_leased_by(self, pid: int) -> bool:
        # only read: asking for the lock could refuse it to the stream
        lease = settings().root / "leases" / self.domain
        return lease.exists() and f'"pid": {pid},' in lease.read_text()

    def intake(self) -> Intake:
        """What it is started with, to be drained in this process."""
        return Intake(KafkaSource(self.domain), max_age=LONGEST)

    def commits(self) -> set[Path]:
        """The commits of its tables that wrote rows, not those that made a table."""
        logs = (settings().root / "lake").glob(f"*/{self.domain}/_delta_log/*.json")
        return {log for log in logs if log.stem.isdigit() and int(log.stem) > 0}

    def unfinished(self) -> list[str]:
        """Its queries that died within a batch: their checkpoint plans it and does not say it was done."""
        names = (f"raw/{self.domain}/kafka", f"scored/{self.domain}")
        places = {name: Path(settings().checkpoint(name)) for name in names}
        return [name for name, at in places.items() if _newest(at / "offsets") > _newest(at / "commits")]

    def toll(self, spark: SparkSession, sent: Sequence[bytes]) -> Toll:
        """What became of the messages sent, when all have been drained."""
        tables = {zone: read_table(spark, settings().table(zone, self.domain)) for zone in ZONES}
        landed = Counter(bytes(row["payload"]) for row in tables["raw"].select("payload").toLocalIterator())
        doubled = {
            zone: rows.count() - rows.select(*(RAW_KEY if zone == "raw" else PART_KEY)).distinct().count()
            for zone, rows in tables.items()
        }
        [book] = books(*tables.values()).collect()
        balanced = book["balanced"] and (book["pending"], book["raw"]) == (0, len(sent))
        return Toll(len(sent), sum((Counter(sent) - landed).values()), doubled, balanced)


@dataclass(frozen=True, slots=True)
class Toll:
    """How many messages were sent and lost; the rows of each zone that are there a second time; the books."""

    sent: int
    lost: int
    doubled: dict[str, int]
    balanced: bool

    @property
    def is_nothing(self) -> bool:
        """Whether every message is there once and accounted for."""
        return self.balanced and not self.lost and not any(self.doubled.values())

    def __str__(self) -> str:
        return ", ".join(f"{name}: {value}" for name, value in asdict(self).items())


@dataclass(slots=True)
class Load:
    """Messages on their way into a topic, until they are stopped."""

    messages: Iterable[Message]
    sent: list[bytes] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def flow(self) -> Iterator[Message]:
        for message in paced(self.messages, RATE):
            if self.stopped.is_set():
                return
            self.sent.append(message.body)
            yield message


@contextmanager
def loaded(topic: str, messages: Iterable[Message]) -> Iterator[Load]:
    """Send messages while the block runs; behind it, all that were sent have arrived."""
    load = Load(messages)
    with ThreadPoolExecutor(1) as thread:
        arrived = thread.submit(send_to_kafka, topic, load.flow())
        try:
            yield load
        finally:
            load.stopped.set()
        assert arrived.result() == len(load.sent)


def at_first_commit(_: float, made: set[Path]) -> bool:
    """When the life has committed a batch."""
    return bool(made)


def at_quarantine(_: float, made: set[Path]) -> bool:
    """Right after a commit to quarantine, which the one to scored is to follow."""
    return any("/quarantine/" in str(commit) for commit in made)


def suffer(
    spark: SparkSession, victim: Victim, kills: int, messages: Iterable[Message], seed: int
) -> tuple[int, Toll]:
    """Kill the stream so many times under load, then drain the topic -> kills that cut a batch, the toll.

    The first life tells how long one takes to its first commit; the others end about then.
    """
    moments, torn = random.Random(seed), 0
    with loaded(victim.domain, messages) as load:
        usual = victim.live_and_die(at_first_commit)
        for number in range(1, kills + 1):
            if number > 1:
                end = usual * moments.uniform(0.3, 1.5)
                victim.live_and_die(lambda lived, _, end=end: lived > end)
            torn += bool(victim.unfinished())
            print(f"kill {number}: {len(load.sent)} sent, cut {victim.unfinished()}", flush=True)
    drain(spark, victim.domain, victim.intake())
    return torn, victim.toll(spark, load.sent)


def end_of_log(characters: int = 3000) -> str:
    """The last words of the streams that lived here."""
    return _log().read_text(errors="replace")[-characters:]


def _log() -> Path:
    return settings().root / "stream.log"


def _newest(folder: Path) -> int:
    return max((int(file.name) for file in folder.glob("[0-9]*")), default=-1)


def _threads(process: int) -> str:
    """What each thread of its Java does, and how busy the machine is."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = status.read_text().partition("(")[2].rpartition(")")
            if name == "java" and int(rest.split()[3]) == process:
                os.kill(int(status.parent.name), signal.SIGQUIT)
    time.sleep(3)
    return f"load {os.getloadavg()}, {end_of_log(50_000)}"
