"""How long a running stream takes to score 1,000 events, against 24 hours of history of several kinds.

python -m bench.microbatch [ROWS ...]     without sizes also a hot key and a table of many versions
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.machine import machine
from spark_jobs import scored
from spark_jobs.append import append_once
from spark_jobs.compaction import compact
from spark_jobs.intake import intake
from spark_jobs.service import Service
from spark_jobs.session import spark_session
from spark_jobs.stream import create_tables, serve
from spark_jobs.writing import writing
from weir.pack import load_pack
from weir.settings import settings
from weir.tables import scored_columns

SIZES = (100_000, 1_000_000, 5_000_000)
# Java compiles what it runs for the first minutes of a service
EVENTS, BATCHES, WARM_UP = 1000, 50, 30
USERS, MERCHANTS, ADDRESSES = 50_000, 2_000, 40_000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """A history of so many rows, in so many commits; every `hot`th event, before and now, is of one user (0: none)."""

    rows: int
    versions: int = 1
    hot: int = 0

    def __str__(self) -> str:
        hot = f", one user has every {self.hot}th event" if self.hot else ""
        return f"{self.rows:>9,} rows of 24 hours in {self.versions} commits{hot}"

    def user(self, which: int) -> str:
        """The user of the batches' event of that number: one whom the history knows."""
        return "u0" if self.hot and which % self.hot == 0 else f"u{which * 7 % USERS}"


CASES = (*map(Case, SIZES), Case(1_000_000, hot=4), Case(100_000, versions=500))


def history(spark: SparkSession, case: Case, until: datetime) -> DataFrame:
    """The case's payments, evenly spread over the day before `until`, as rows of scored/payments."""
    step = DAY / case.rows
    second = F.lit((until - DAY).timestamp()) + F.col("id") * step.total_seconds()
    values = {
        "event_id": F.concat(F.lit("history-"), "id"),
        "event_type": F.lit("payment"),
        "occurred_at": F.timestamp_micros((second * 1_000_000).cast("bigint")),
        **_keys(F.col("id"), case.hot),
        "amount_minor": F.col("id") % 9_000 + 100,
        "currency": F.lit("EUR"),
        "source": F.lit("bench"),
        "seq": F.col("id"),
        "part": F.lit(0),
    }
    columns = scored_columns(load_pack("payments"))
    known = spark.range(case.rows).select(*(column.alias(name) for name, column in values.items()))
    known = known.withColumn("event_date", F.to_date("occurred_at"))
    missing = [
        F.lit(None).cast(kind).alias(name) for name, kind in columns.items() if name not in known.columns
    ]
    return known.select("*", *missing).select(*columns)


def _keys(number: Column, hot: int) -> dict[str, Column]:
    def key(prefix: str, count: int, salt: int) -> Column:
        return F.concat(F.lit(prefix), F.pmod(F.xxhash64(number, F.lit(salt)), F.lit(count)))

    is_hot = number % hot == 0 if hot else F.lit(False)
    return {
        "user_id": F.when(is_hot, "u0").otherwise(key("u", USERS, 1)),
        "merchant_id": key("m", MERCHANTS, 2),
        "device_id": key("d", USERS, 1),
        "ip_address": key("10.0.0.", ADDRESSES, 3),
        "country": F.lit("DE"),
    }


def payment(which: int, user: str, occurred_at: datetime) -> dict[str, str]:
    """The event of that number, as a producer writes it."""
    return {
        "event_id": f"bench-{which}",
        "event_type": "payment",
        "occurred_at": occurred_at.isoformat(),
        "user_id": user,
        "merchant_id": f"m{which % MERCHANTS}",
        "device_id": f"d{which * 7 % USERS}",
        "country": "DE",
        "amount": "12.50",
        "currency": "EUR",
    }


def write_batch(folder: Path, number: int, begin: datetime, case: Case) -> None:
    """One file of EVENTS payments."""
    numbers = range(number * EVENTS, (number + 1) * EVENTS)
    events = (payment(which, case.user(which), begin + timedelta(milliseconds=which)) for which in numbers)
    unfinished = folder / f"part-{number:05d}.tmp"
    unfinished.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    unfinished.rename(unfinished.with_suffix(".jsonl"))


def write_history(spark: SparkSession, case: Case, until: datetime) -> None:
    """Append the case's history in its commits, and gather the files as a stream does."""
    path, rows = settings().table("scored", "payments"), history(spark, case, until)
    for commit in range(case.versions):
        part = rows.where(F.col("seq") % case.versions == commit)
        append_once(part, path, "bench:0", commit, scored.PARTITION_BY)
    compact(spark, path)


def latencies(spark: SparkSession, case: Case) -> list[float]:
    """Seconds of each scored micro-batch, those of the warm-up left out."""
    until = datetime.now(UTC) - timedelta(hours=1)
    create_tables(spark, "payments")
    write_history(spark, case, until)
    with tempfile.TemporaryDirectory() as folder, writing("payments", "bench"):
        service = serve(spark, "payments", intake("payments", f"files:{folder}", "json", None))
        try:
            for number in range(BATCHES):
                write_batch(Path(folder), number, until, case)
                _wait_for(service, (number + 1) * EVENTS)
            progress = _batches(service)
        finally:
            service.stop()
    return [one["durationMs"]["triggerExecution"] / 1000 for one in progress][WARM_UP:]


def _wait_for(service: Service, events: int) -> None:
    """Until so many events are scored. Only Spark's own reports are asked: a look at the table would slow the batch."""
    while sum(one["numInputRows"] for one in _batches(service)) < events:
        for query in service.queries:
            if failure := query.exception():
                raise failure
        time.sleep(0.2)


def _batches(service: Service) -> list[dict[str, Any]]:
    return [one for one in service.scored.recentProgress if one["numInputRows"]]


def main(cases: Sequence[Case]) -> None:
    print(machine(), flush=True)
    spark = spark_session("bench microbatch")
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as home:
            os.environ["WEIR_HOME"] = home
            seconds = latencies(spark, case)
        print(
            f"{EVENTS:,} events against {case}: median {statistics.median(seconds):.2f} s, "
            f"worst {max(seconds):.2f} s of {len(seconds)} batches",
            flush=True,
        )


if __name__ == "__main__":
    main([Case(int(rows)) for rows in sys.argv[1:]] or CASES)
