"""How long a running stream takes to score 1,000 events, against 24 hours of history of several sizes.

python -m bench.microbatch [ROWS ...]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.machine import machine
from spark_jobs import scored
from spark_jobs.lake import append_once
from spark_jobs.service import Service
from spark_jobs.session import spark_session
from spark_jobs.stream import create_tables, intake, serve, writing
from weir.pack import load_pack
from weir.settings import settings
from weir.tables import scored_columns

SIZES = (100_000, 1_000_000, 5_000_000)
EVENTS, BATCHES, WARM_UP = 1000, 30, 15
USERS, MERCHANTS, ADDRESSES = 50_000, 2_000, 40_000
DAY = timedelta(days=1)


def history(spark: SparkSession, rows: int, until: datetime) -> DataFrame:
    """So many payments, evenly spread over the day before `until`, as rows of scored/payments."""
    step = DAY / rows
    second = F.lit((until - DAY).timestamp()) + F.col("id") * step.total_seconds()
    values = {
        "event_id": F.concat(F.lit("history-"), "id"),
        "event_type": F.lit("payment"),
        "occurred_at": F.timestamp_micros((second * 1_000_000).cast("bigint")),
        **_keys(F.col("id")),
        "amount_minor": F.col("id") % 9_000 + 100,
        "currency": F.lit("EUR"),
        "source": F.lit("bench"),
        "seq": F.col("id"),
        "part": F.lit(0),
    }
    columns = scored_columns(load_pack("payments"))
    known = spark.range(rows).select(*(column.alias(name) for name, column in values.items()))
    known = known.withColumn("event_date", F.to_date("occurred_at"))
    missing = [
        F.lit(None).cast(kind).alias(name) for name, kind in columns.items() if name not in known.columns
    ]
    return known.select("*", *missing).select(*columns)


def _keys(number: Column) -> dict[str, Column]:
    def key(prefix: str, count: int, salt: int) -> Column:
        return F.concat(F.lit(prefix), F.pmod(F.xxhash64(number, F.lit(salt)), F.lit(count)))

    return {
        "user_id": key("u", USERS, 1),
        "merchant_id": key("m", MERCHANTS, 2),
        "device_id": key("d", USERS, 1),
        "ip_address": key("10.0.0.", ADDRESSES, 3),
        "country": F.lit("DE"),
    }


def write_batch(folder: Path, number: int, begin: datetime) -> None:
    """One file of EVENTS payments by users that the history knows."""
    lines = []
    for one in range(EVENTS):
        which = number * EVENTS + one
        event = {
            "event_id": f"batch-{which}",
            "event_type": "payment",
            "occurred_at": (begin + timedelta(milliseconds=which)).isoformat(),
            "user_id": f"u{which * 7 % USERS}",
            "merchant_id": f"m{which % MERCHANTS}",
            "device_id": f"d{which * 7 % USERS}",
            "country": "DE",
            "amount": "12.50",
            "currency": "EUR",
        }
        lines.append(json.dumps(event))
    unfinished = folder / f"part-{number:05d}.tmp"
    unfinished.write_text("\n".join(lines) + "\n")
    unfinished.rename(unfinished.with_suffix(".jsonl"))


def latencies(spark: SparkSession, rows: int) -> list[float]:
    """Seconds of each scored micro-batch, those of the warm-up left out."""
    until = datetime.now(UTC) - timedelta(hours=1)
    create_tables(spark, "payments")
    path = settings().table("scored", "payments")
    append_once(history(spark, rows, until), path, "bench:0", 0, scored.PARTITION_BY)
    with tempfile.TemporaryDirectory() as folder, writing("payments", "bench"):
        service = serve(spark, "payments", intake("payments", f"files:{folder}", "json", None))
        try:
            for number in range(BATCHES):
                write_batch(Path(folder), number, until)
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


def main(sizes: list[int]) -> None:
    print(machine(), flush=True)
    spark = spark_session("bench microbatch")
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as home:
            os.environ["WEIR_HOME"] = home
            seconds = latencies(spark, rows)
        print(
            f"{EVENTS:,} events against {rows:>9,} rows of 24 hours: median {statistics.median(seconds):.2f} s, "
            f"worst {max(seconds):.2f} s of {len(seconds)} batches",
            flush=True,
        )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
