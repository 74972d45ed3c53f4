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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from data_quality.books import books
from domains.kafka import send_to_kafka
from domains.simulation import Message, paced
from spark_jobs import record_feed, scorer
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.sources.kafka import KafkaSource
from spark_jobs.stream import drain
from weir.duration import LONGEST
from weir.settings import settings
from weir.tables import PART_KEY, RAW_KEY

RATE = 60
# of a life, on a machine that others keep busy too
LONGEST_WAIT = 300
PROGRAM = "from orchestration.commands import main; main()"
UNGUARDED = f"from tests.killed_stream import unguard; unguard(); {PROGRAM}"
ZONES = ("raw", "scored", "quarantine")
# seconds that a life has lasted and has worked on batches, the commits it has made -> whether it ends now
Moment = Callable[[float, float, set[Path]], bool]


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

    def live_and_die(self, is_time: Moment) -> Life:
        """Start it, and kill it when it is time."""
        written, traces, born, came = self.commits(), self.traces(), time.monotonic(), None
        with self.alive() as process:
            while True:
                now = time.monotonic()
                if came is None and self.traces() != traces:
                    came = now
                life = Life((came or now) - born, now - (came or now))
                if is_time(now - born, life.work, self.commits() - written):
                    break
                assert process.poll() is None, f"the stream ended by itself: {end_of_log()}"
                assert now - born < LONGEST_WAIT, f"the stream does nothing: {_threads(process.pid)}"
                time.sleep(0.05)
        return replace(life, cut=self.unfinished() if self.traces() != traces else [])

    def intake(self) -> Intake:
        """What it is started with, to be drained in this process."""
        return Intake(KafkaSource(self.domain), max_age=LONGEST)

    def commits(self) -> set[Path]:
        """The commits of its tables that wrote rows, not those that made a table."""
        logs = (settings().root / "lake").glob(f"*/{self.domain}/_delta_log/*.json")
        return {log for log in logs if log.stem.isdigit() and int(log.stem) > 0}

    def traces(self) -> set[Path]:
        """What a life that comes to a batch leaves: its plan, its commits, the note that it is done."""
        places = (Path(settings().checkpoint(name)) for name in self._queries())
        return self.commits().union(*(place.glob("*/[0-9]*") for place in places))

    def unfinished(self) -> list[str]:
        """Its queries that died within a batch: their checkpoint plans it and does not say it was done."""
        places = {name: Path(settings().checkpoint(name)) for name in self._queries()}
        return [name for name, at in places.items() if _newest(at / "offsets") > _newest(at / "commits")]

    def _queries(self) -> tuple[str, str]:
        return f"raw/{self.domain}/kafka", f"scored/{self.domain}"

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
class Life:
    """Seconds until it came to a batch and from then on; the queries whose batch its end cut short."""

    start: float
    work: float
    cut: list[str] = field(default_factory=list)


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


def at_first_decision(_lived: float, _worked: float, made: set[Path]) -> bool:
    """When the life has committed decisions, and has not yet noted that it is done."""
    return any("/scored/" in str(commit) for commit in made)


def at_quarantine(_lived: float, _worked: float, made: set[Path]) -> bool:
    """Right after a commit to quarantine, which the one to scored is to follow."""
    return any("/quarantine/" in str(commit) for commit in made)


def moments(number: int, usual: Life, seed: int) -> list[Moment]:
    """Random moments over a whole life, in random order: the first half while it starts, the others while it works.

    Those are counted from the life's first batch on, so that they are in it however slow the start is.
    """
    chance = random.Random(seed)
    drawn: list[Moment] = []
    for part in range(number):
        share = 2 * (part + chance.random()) / number
        start, work = share * usual.start, (share - 1) * usual.work
        drawn.append(
            (lambda lived, worked, _, end=start: lived > end)
            if share < 1
            else (lambda lived, worked, _, end=work: worked > end)
        )
    chance.shuffle(drawn)
    return drawn


def suffer(
    spark: SparkSession, victim: Victim, kills: int, messages: Iterable[Message], seed: int
) -> tuple[int, Toll]:
    """Kill the stream so many times under load, then drain the topic -> kills that cut a batch, the toll.

    The first life tells how long one takes to its first decision; the others end anywhere from their start to then.
    """
    with loaded(victim.domain, messages) as load:
        lives = [victim.live_and_die(at_first_decision)]
        print(f"kill 1: {len(load.sent)} sent, {lives[0]}", flush=True)
        for moment in moments(kills - 1, lives[0], seed):
            lives.append(victim.live_and_die(moment))
            print(f"kill {len(lives)}: {len(load.sent)} sent, {lives[-1]}", flush=True)
    drain(spark, victim.domain, victim.intake())
    return sum(bool(life.cut) for life in lives), victim.toll(spark, load.sent)


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
