"""A batch is appended to its table exactly once, as Delta's own writer would do it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from delta.exceptions import ConcurrentTransactionException

from spark_jobs import append
from spark_jobs.append import append_once, has_appended, last_batch, transactions
from spark_jobs.lake import DELTA_LOG, create_table, read_table
from spark_jobs.session import java_class

MOST_TRANSACTIONS = "spark.databricks.delta.setTransactionsInCrc.maxAllowed"
COLUMNS = {"event_id": "string", "amount": "decimal(38,0)", "day": "date"}
# what differs between any two commits of the same rows
OF_THE_MOMENT = {"timestamp", "txnId", "path", "modificationTime", "lastUpdated", "size", "executionTimeMs"}


@pytest.fixture
def table(spark, tmp_path):
    path = str(tmp_path / "lake" / "table")
    create_table(spark, path, COLUMNS, partition_by="day")
    return path


def _rows(spark, *ids, day="2024-03-01"):
    values = ", ".join(f"('{name}', 1, date '{day}')" for name in ids)
    rows = spark.sql(f"select * from values {values} as t(event_id, amount, day)")
    return rows.withColumn("amount", rows.amount.cast("decimal(38,0)"))


def _ids(spark, path):
    return sorted(row.event_id for row in read_table(spark, path).collect())


def _commit(path, version):
    """What a commit says, but for what no two have alike."""
    lines = Path(path, "_delta_log", f"{version:020}.json").read_text().splitlines()
    return [_without_moment(json.loads(line)) for line in lines]


def _without_moment(value):
    if isinstance(value, dict):
        return {name: _without_moment(one) for name, one in value.items() if name not in OF_THE_MOMENT}
    return value


def test_a_retried_batch_is_appended_once(spark, table):
    tried = [append_once(_rows(spark, "a"), table, "scored:0", 0) for _ in range(2)]
    assert (tried, _ids(spark, table)) == ([True, False], ["a"])


def test_another_epoch_counts_its_own_batches(spark, table):
    append_once(_rows(spark, "a"), table, "scored:0", 7)
    append_once(_rows(spark, "b"), table, "scored:1", 0)
    assert _ids(spark, table) == ["a", "b"]
    assert [last_batch(spark, table, f"scored:{epoch}") for epoch in range(3)] == [7, 0, None]
    assert [has_appended(spark, table, "scored:0", batch) for batch in (6, 7, 8)] == [True, True, False]
    assert not has_appended(spark, table, "scored:2", 0)


@pytest.mark.parametrize("summary", ["whole", "without transactions", "gone"])
def test_what_was_appended_is_known_with_and_without_the_summary_of_a_commit(spark, table, summary):
    """Delta writes one beside each commit, which may fail, and leaves out of it what is too much."""
    if summary == "without transactions":
        spark.conf.set(MOST_TRANSACTIONS, "1")
    for query in ("scored/payments:0", "scored/payments:1"):
        append_once(_rows(spark, query), table, query, 7)
    spark.conf.unset(MOST_TRANSACTIONS)
    if summary == "gone":
        for file in Path(table, "_delta_log").glob("*.crc"):
            file.unlink()
    java_class(spark, DELTA_LOG).clearCache()
    assert transactions(spark, table) == {"scored/payments:0": 7, "scored/payments:1": 7}
    assert not append_once(_rows(spark, "again"), table, "scored/payments:1", 7)


def test_a_batch_over_many_days_makes_one_file_a_day(spark, table):
    days = (
        spark.range(2_000)
        .selectExpr(
            "cast(id as string) event_id",
            "cast(1 as decimal(38,0)) amount",
            "date_add(date '2000-01-01', cast(id % 50 as int)) day",
        )
        .repartition(8)
    )
    append_once(days, table, "scored:0", 0, spread_by="day")
    assert len(list(Path(table).rglob("part-*.parquet"))) == 50


def test_a_commit_is_what_deltas_own_writer_makes_of_the_rows(spark, table, tmp_path):
    other = str(tmp_path / "lake" / "other")
    create_table(spark, other, COLUMNS, partition_by="day")
    rows = _rows(spark, "a", "b").union(_rows(spark, "c", day="2024-03-02")).coalesce(1)
    append_once(rows, table, "scored:0", 3)
    rows.write.format("delta").mode("append").option("txnAppId", "scored:0").option("txnVersion", 3).save(
        other
    )
    commit = _commit(table, 1)
    assert sorted(map(str, commit)) == sorted(map(str, _commit(other, 1)))
    assert {"txn": {"appId": "scored:0", "version": 3}} in commit


@pytest.fixture
def meanwhile(monkeypatch):
    """A function: what another is to do between what a batch's append finds and what it commits."""
    append_rows = append._append

    def between(others):
        def append_behind_others(*arguments):
            monkeypatch.setattr(append, "_append", append_rows)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(others).result()
            append_rows(*arguments)

        monkeypatch.setattr(append, "_append", append_behind_others)

    return between


def test_of_two_that_append_a_batch_at_once_the_later_gives_up(spark, table, meanwhile):
    meanwhile(lambda: append_once(_rows(spark, "first"), table, "scored:0", 0))
    with pytest.raises(ConcurrentTransactionException):
        append_once(_rows(spark, "second"), table, "scored:0", 0)
    assert _ids(spark, table) == ["first"]
    # and the thread is free for the next
    assert append_once(_rows(spark, "next"), table, "scored:0", 1)


def test_others_may_append_batches_of_theirs_meanwhile(spark, table, meanwhile):
    meanwhile(lambda: append_once(_rows(spark, "theirs"), table, "again/scored:0", 0))
    assert append_once(_rows(spark, "ours"), table, "scored:0", 0)
    assert _ids(spark, table) == ["ours", "theirs"]
