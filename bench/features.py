"""Features alone: against Spark's own range frames and DuckDB, over a whole history, and for a micro-batch.

python -m bench.features [windows] [backfill] [microbatch]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.machine import Spent, machine, spending
from spark_jobs.features import earlier_rows, with_features
from spark_jobs.session import spark_session
from weir.feature import Feature
from weir.pack import load_pack

WINDOWED, BACKFILL, MICROBATCH = 2_000_000, 1_754_155, 1_000
HISTORIES = (1_000_000, 5_000_000)
WARM_BATCHES = 8
# the busiest keys first: Java has compiled all it runs by the time of the others, which are a few seconds each
USERS, WINDOWED_DAYS = (20, 1_000, 100_000), 30
SPANS = {"5m": timedelta(minutes=5), "24h": timedelta(hours=24)}
EVENTS = (
    "concat('e', id) as event_id",
    "if(pmod(hash(id, 1), 10) < 8, 'payment', 'login') as event_type",
    "timestamp_micros({first} + id * {step}) as occurred_at",
    "concat('user-', pmod(hash(id, 2), {users})) as user_id",
    "concat('device-', pmod(hash(id, 2), {users}), '-', pmod(hash(id, 3), 2)) as device_id",
    "concat('10.0.', pmod(hash(id, 4), 200), '.', pmod(hash(id, 5), 200)) as ip_address",
    "concat('merchant-', pmod(hash(id, 6), 2000)) as merchant_id",
    "array('DE', 'FR', 'NG')[pmod(hash(id, 7), 3)] as country",
    "if(pmod(hash(id, 8), 5) = 0, 'EUR', 'USD') as currency",
    "cast(pmod(hash(id, 9), 100000) as bigint) as amount_minor",
    "id as seq",
    "0 as part",
)
DAY = 86_400_000_000
FIRST = 1_767_225_600_000_000
RANGE_FRAMES = [
    f"{total} over (partition by user_id order by unix_micros(occurred_at) range between"
    f" {span // timedelta(microseconds=1) - 1}L preceding and current row) as {name}_{window}"
    for window, span in SPANS.items()
    for name, total in (("payments", "count(1)"), ("amount", "sum(amount_minor)"))
]
IN_DUCKDB = ", ".join(RANGE_FRAMES).replace("unix_micros", "epoch_us").replace("L preceding", " preceding")


def events(spark: SparkSession, number: int, days: float, users: int, begin: int = FIRST) -> DataFrame:
    """So many events in the order of time, evenly over so many days, no two at the same moment."""
    step = int(days * DAY / number)
    return spark.range(number).selectExpr(
        *(text.format(first=begin, step=step, users=users) for text in EVENTS)
    )


def window_features() -> list[Feature]:
    """Count and sum of each user over both spans."""
    return [
        Feature(f"{name}_{window}", kind, ("user_id",), value, span, None, None, "")
        for window, span in SPANS.items()
        for name, kind, value in (("payments", "count", None), ("amount", "sum", "amount_minor"))
    ]


def measured(work: Callable[[], object]) -> Spent:
    with spending() as spent:
        work()
    return spent


def write_to(rows: DataFrame, path: str) -> None:
    rows.select("seq", *(feature.name for feature in window_features())).write.mode("overwrite").parquet(path)


def bench_windows(spark: SparkSession, folder: str) -> None:
    """Two windows three ways, for busy keys and for quiet ones; outputs are compared first.

    A range frame adds up each window anew: what it costs depends on how many events a window holds.
    """
    for users in USERS:
        # the first run of each way is for Java to compile it
        for number in (WINDOWED // 10, WINDOWED):
            path = f"{folder}/{users}-{number}"
            events(spark, number, days=WINDOWED_DAYS, users=users).write.parquet(f"{path}/events")
            spent = _three_ways(spark.read.parquet(f"{path}/events"), path)
        per_day = WINDOWED / WINDOWED_DAYS / users
        print(f"{users:,} keys, {per_day:,.1f} events of a key in 24 hours", flush=True)
        for name, one in spent.items():
            print(one.line(name, WINDOWED), flush=True)


def _three_ways(rows: DataFrame, path: str) -> dict[str, Spent]:
    in_duckdb = f"copy (select seq, {IN_DUCKDB} from '{path}/events/*.parquet') to '{path}/duckdb.parquet'"
    ways = {
        "running totals": lambda: write_to(
            rows.transform(with_features(window_features())), f"{path}/totals"
        ),
        "Spark's range frames": lambda: write_to(rows.selectExpr("*", *RANGE_FRAMES), f"{path}/frames"),
        "DuckDB's windows": lambda: duckdb.sql(in_duckdb),
    }
    spent = {name: measured(way) for name, way in ways.items()}
    for other in (f"{path}/frames/*.parquet", f"{path}/duckdb.parquet"):
        assert _differences(f"{path}/totals/*.parquet", other) == 0, f"{other} differs"
    return spent


def _differences(one: str, other: str) -> int:
    columns = "seq, " + ", ".join(feature.name for feature in window_features())
    rows = duckdb.sql(f"select {columns} from '{one}' except select {columns} from '{other}'")
    return len(rows.fetchall())


def bench_backfill(spark: SparkSession, folder: str) -> None:
    """Every feature of the payments pack over one large batch."""
    path, features = f"{folder}/backfill", load_pack("payments").features
    events(spark, BACKFILL, days=183, users=5_000).write.parquet(path)
    rows = spark.read.parquet(path)
    spent = measured(lambda: _to_nowhere(rows.transform(with_features(features))))
    print(spent.line(f"{len(features)} features", BACKFILL), flush=True)


def bench_microbatch(spark: SparkSession, folder: str) -> None:
    """The feature part of one batch against a day of history: the last of several, when the JVM is warm."""
    features = load_pack("payments").features
    for size in HISTORIES:
        path = f"{folder}/history-{size}"
        history = events(spark, size, days=1, users=100_000)
        history.withColumn("event_date", F.to_date("occurred_at")).write.partitionBy("event_date").parquet(
            path
        )
        batch = events(spark, MICROBATCH, days=1e-5, users=100_000, begin=FIRST + DAY)
        batch = batch.withColumn("seq", F.col("seq") + size).persist()
        scored = spark.read.parquet(path)

        def score(batch: DataFrame = batch, scored: DataFrame = scored) -> None:
            earlier = batch.transform(earlier_rows(features, scored))
            _to_nowhere(batch.transform(with_features(features, earlier)))

        spent = [measured(score) for _ in range(WARM_BATCHES)][-1]
        batch.unpersist()
        print(spent.line(f"batch against {size:,}", MICROBATCH), flush=True)


def _to_nowhere(rows: DataFrame) -> None:
    rows.write.format("noop").mode("overwrite").save()


def main(steps: list[str]) -> None:
    print(machine(), flush=True)
    spark = spark_session("bench features")
    benches = {"windows": bench_windows, "backfill": bench_backfill, "microbatch": bench_microbatch}
    for step in steps or [*benches]:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
            benches[step](spark, str(Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
