"""A service under load from Kafka: event-to-queryable latency, restart to first commit, what time does to it.

python -m bench.live              each of RATES for two minutes, then a kill and a restart under load
python -m bench.live MINUTES      500 events/s for so long: latency, memory, files, batch time, and their slopes
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from bench.machine import machine, resident_mib
from bench.microbatch import USERS, payment
from domains.kafka import send_to_kafka
from domains.simulation import Message, paced
from spark_jobs.upkeep import ZONES
from tests.kafka_broker import broker
from weir.settings import settings
from weir.warehouse import connect_lake

RATES, SECONDS, LONG_RATE = (100, 500, 2_000), 120, 500
SAMPLE_EVERY, SLOT = 30, 600
PROGRAM = "from orchestration.commands import main; main()"


@dataclass(slots=True)
class Live:
    """`weir stream payments` from the topic of that name; `sent` is how many messages have gone there."""

    log: Path
    sent: int = 0
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        words = ["stream", "payments", "--from", "kafka:payments", "--log-json"]
        with self.log.open("ab") as lines:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *words], stdout=lines, stderr=lines, start_new_session=True
            )

    def send(self, rate: int, seconds: float) -> range:
        """Send payments that occur as they are sent -> their numbers."""
        numbers = range(self.sent, self.sent + int(rate * seconds))
        send_to_kafka("payments", paced(map(self._message, numbers), rate))
        return numbers

    def _message(self, number: int) -> Message:
        # counted as it goes, for who looks meanwhile
        self.sent = number + 1
        event = payment(number, f"u{number * 7 % USERS}", datetime.now(UTC))
        return Message(event["user_id"], json.dumps(event).encode())

    def batches(self) -> list[dict[str, float]]:
        """What it has said of the batches that it scored."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if "scored" in line]

    def await_all(self) -> None:
        """Until all that was sent is scored."""
        while sum(batch["scored"] for batch in self.batches()) < self.sent:
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text()[-3000:])
            time.sleep(0.5)


@contextmanager
def live() -> Iterator[Live]:
    """A service and its broker in a home of their own; the service has scored something when the block begins."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as home, broker(Path(home)) as running:
        os.environ.update(WEIR_HOME=home, WEIR_KAFKA_BOOTSTRAP_SERVERS=running.servers)
        running.create_topic("payments", partitions=3)
        service = Live(Path(home) / "stream.log")
        service.start()
        try:
            service.send(LONG_RATE, SECONDS / 4)
            service.await_all()
            yield service
        finally:
            service.process.terminate()
            service.process.wait()


def committed() -> dict[int, float]:
    """The batches of scored -> when a reader could first see them, in seconds since 1970."""
    seen: dict[int, float] = {}
    for commit in _log("scored").glob("*.json"):
        actions = map(json.loads, commit.read_text().splitlines())
        seen |= {action["txn"]["version"]: commit.stat().st_mtime for action in actions if "txn" in action}
    return seen


def _log(zone: str) -> Path:
    return Path(settings().table(zone, "payments"), "_delta_log")


def latency(numbers: range) -> str:
    """Events by number -> the quantiles of the seconds from each one's moment to the commit that holds it."""
    times = pd.DataFrame(committed().items(), columns=["batch_id", "seen"])
    with connect_lake() as lake:
        lake.register("times", times)
        number = f"cast(substr(event_id, {len('bench-') + 1}) as bigint)"
        rows = lake.sql(
            "select quantile_cont(seen - epoch(occurred_at), [0.5, 0.99]) from scored_payments"
            f" join times using (batch_id) where {number} between {numbers.start} and {numbers.stop - 1}"
        ).fetchall()
    middle, worst = rows[0][0]
    return f"event to queryable p50 {middle:.1f} s, p99 {worst:.1f} s"


def bench_rates() -> None:
    """Each rate in turn, the next when all is scored; then a kill, and how long the next life takes to commit."""
    with live() as service:
        for rate in RATES:
            numbers = service.send(rate, SECONDS)
            service.await_all()
            print(f"{rate:>5,} events/s for {SECONDS} s: {latency(numbers)}", flush=True)
        with ThreadPoolExecutor(1) as thread:
            load = thread.submit(service.send, RATES[0], SECONDS / 2)
            service.process.kill()
            service.process.wait()
            began, before = time.time(), len(committed())
            service.start()
            while len(committed()) == before:
                time.sleep(0.1)
            print(f"restart to first commit under load: {time.time() - began:.1f} s", flush=True)
            load.result()


def bench_long(minutes: int) -> None:
    """One rate for a long time, looked at now and then; the latency of each SLOT of it."""
    with live() as service, ThreadPoolExecutor(1) as thread:
        load, samples = thread.submit(service.send, LONG_RATE, minutes * 60), []
        while not load.done():
            time.sleep(SAMPLE_EVERY)
            samples.append(_sample(service, len(samples) * SAMPLE_EVERY / 60))
            print("  ".join(f"{name} {value:,.1f}" for name, value in samples[-1].items()), flush=True)
        service.await_all()
        numbers = load.result()
        print(f"{LONG_RATE} events/s for {minutes} min: {latency(numbers)}")
        for start in range(0, len(numbers), LONG_RATE * SLOT):
            part = numbers[start : start + LONG_RATE * SLOT]
            print(f"from minute {start // LONG_RATE // 60}: {latency(part)}")
    for name in list(samples[0])[1:]:
        # the first third is for Java to warm up
        settled = samples[len(samples) // 3 :]
        slope = statistics.linear_regression(
            [sample["minute"] for sample in settled], [sample[name] for sample in settled]
        ).slope
        print(f"{name}: {settled[0][name]:,.1f} to {settled[-1][name]:,.1f}, {slope * 60:+,.1f} an hour")


def _sample(service: Live, minute: float) -> dict[str, float]:
    places = settings()
    return {
        "minute": minute,
        "resident MiB": resident_mib(service.process.pid),
        "files of the newest versions": sum(map(_newest_files, ZONES)),
        # with those that only older versions have, which a vacuum leaves for a week
        "files of the lake": _files(places.root / "lake"),
        "files of checkpoints": _files(places.root / "checkpoints"),
        "seconds of the newest batch": service.batches()[-1]["seconds"],
        "events behind": service.sent - sum(batch["scored"] for batch in service.batches()),
    }


def _newest_files(zone: str) -> int:
    """How many files a reader of the table opens, as Delta's checksum of the newest version says."""
    newest = max(_log(zone).glob("*.crc"))
    return json.loads(newest.read_text())["numFiles"]


def _files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


if __name__ == "__main__":
    print(machine(), flush=True)
    bench_long(int(sys.argv[1])) if sys.argv[1:] else bench_rates()
