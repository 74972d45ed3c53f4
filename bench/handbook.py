"""The Handbook's history through `payments`, and its windows computed again by DuckDB from the source files.

    python -m bench.handbook PARQUET_FOLDER

The folder holds the 183 daily files of Fraud-Detection-Handbook/simulated-data-raw as Parquet.
WEIR_HOME says where the lake is built; it must be new.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import duckdb

from bench.machine import machine, spending
from weir.settings import settings
from weir.warehouse import connect_lake

MAPPING = Path(__file__).with_name("handbook.yml")
WINDOWS = {"5m": timedelta(minutes=5), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
KEYS = {"user": "CUSTOMER_ID", "merchant": "TERMINAL_ID"}
COUNTS = ("user_payments_5m", "user_payments_24h", "user_payments_7d", "merchant_payments_7d")
SUMS = ("user_amount_5m", "user_amount_24h", "user_amount_7d")


def expected_query(parquet: Path) -> str:
    """Parquet files -> SQL for event_id and every compared feature, by DuckDB's own windows.

    A RANGE frame counts all rows of the same instant; those that arrived later are taken away again.
    """
    columns = [f"{_window(name, '1')} as {name}" for name in COUNTS]
    columns += [f"{_window(name, 'minor')} as {name}" for name in SUMS]
    return f"""
        with arrivals as (
            select cast(TRANSACTION_ID as varchar) as event_id, CUSTOMER_ID, TERMINAL_ID,
                epoch_us(cast(TX_DATETIME as timestamp)) as instant,
                cast(round(TX_AMOUNT * 100) as hugeint) as minor,
                row_number() over (order by filename, file_row_number) as arrival
            from read_parquet('{parquet}/*.parquet', filename = true, file_row_number = true)
        )
        select event_id, {", ".join(columns)} from arrivals
    """


def _window(feature: str, value: str) -> str:
    entity, _, span = feature.split("_")
    key = KEYS[entity]
    within = WINDOWS[span] // timedelta(microseconds=1) - 1
    so_far = f"sum({value}) over (partition by {key} order by instant range between {within} preceding and current row)"
    later_ties = (
        f"coalesce(sum({value}) over (partition by {key}, instant order by arrival "
        "rows between 1 following and unbounded following), 0)"
    )
    return f"cast({so_far} - {later_ties} as bigint)"


def differences(parquet: Path) -> dict[str, int]:
    """Feature -> on how many rows Weir and DuckDB differ; `rows` -> how many were compared, `absent` -> missing."""
    lake = connect_lake(["payments"])
    names = [*COUNTS, *SUMS]
    lake.execute(f"create temp table expected as {expected_query(parquet)}")
    differing = ", ".join(f"count(*) filter (e.{name} is distinct from s.{name}) as {name}" for name in names)
    answer = lake.execute(f"""
        select count(*) as rows, count(*) filter (s.event_id is null or e.event_id is null) as absent, {differing}
        from expected as e full join scored_payments as s using (event_id)
    """)
    row = answer.fetchone()
    return dict(zip((column[0] for column in answer.description or ()), row or (), strict=True))


def run(parquet: Path) -> None:
    """Land and score the whole history, then print figures, books and differences."""
    from spark_jobs.intake import intake
    from spark_jobs.landing import start_raw
    from spark_jobs.session import spark_session
    from spark_jobs.stream import create_tables, start_scored
    from spark_jobs.writing import writing

    events = duckdb.sql(f"select count(*) from read_parquet('{parquet}/*.parquet')").fetchall()[0][0]
    print(machine(), flush=True)
    with spending() as whole:
        spark = spark_session("bench handbook")
        wanted = intake("payments", f"files:{parquet}", "parquet", MAPPING)
        assert wanted.source is not None
        with writing("payments", "bench handbook"):
            create_tables(spark, "payments")
            with spending() as landing:
                raw = start_raw(spark, "payments", wanted.source, wanted.format, wanted.mapping)
                raw.query.awaitTermination()
            print(landing.line("landing", events), flush=True)
            with spending() as scoring:
                start_scored(spark, "payments", wanted, once=True).awaitTermination()
            print(scoring.line("scoring", events), flush=True)
    print(whole.line("whole, Spark's start too", events), flush=True)
    print("rows where Weir and DuckDB differ:", differences(parquet))


def books() -> None:
    """Print the books of the history."""
    from orchestration.checks import balance
    from spark_jobs.session import spark_session

    for row in balance(spark_session("bench handbook"), ["payments"]):
        print(row.sentence)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("lake:", settings().root)
    run(Path(sys.argv[1]).resolve())
    books()
