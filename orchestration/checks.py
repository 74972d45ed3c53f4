"""Make up the books and judge the tables, and keep the results in the lake's quality tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from data_quality.books import books
from data_quality.checkpoints import Check, run_suite, with_sums
from data_quality.suites import quarantine_suite, raw_suite, scored_suite
from orchestration.waiting import only_one
from spark_jobs.compaction import compact, vacuum
from spark_jobs.lake import append_rows, create_table, ddl, read_table, table_version
from spark_jobs.session import spark_session
from weir.error import WeirError
from weir.pack import domains, load_pack
from weir.settings import settings
from weir.tables import QUALITY

# in the order that keeps the books balanced while a stream writes: what is settled, then what was raw
ZONES = ("scored", "quarantine", "raw")
Days = tuple[date, date]
BOOKS = "books"
CHECKS_TABLE = "checks"
log = logging.getLogger("weir.checks")


@dataclass(frozen=True, slots=True)
class Books:
    """One row of `quality/books`; see `data_quality.books.books` for what the figures count."""

    checked_at: datetime
    domain: str
    raw: int
    parts: int
    scored: int
    quarantined: int
    duplicates: int
    pending: int
    missing: int
    doubled: int
    orphans: int
    balanced: bool
    released: int

    @property
    def sentence(self) -> str:
        """'4 parts = 2 scored + 2 quarantined + 0 pending' and, when there are any, what is wrong or released."""
        settled = f"{self.scored:,} scored + {self.quarantined:,} quarantined + {self.pending:,} pending"
        faults = {"missing": self.missing, "doubled": self.doubled, "orphans": self.orphans}
        noted = [
            f"{count:,} {name}" for name, count in (faults | {"released": self.released}).items() if count
        ]
        return ", ".join([f"{self.parts:,} parts {'=' if self.balanced else '≠'} {settled}", *noted])


def run_checks(names: Sequence[str] | None = None) -> list[dict[str, object]]:
    """Domains, by default all that have tables -> one dict per check, the books first; results are kept.

    Keys: domain, table, check, success, severity, observed, expected, failed_rows.
    Raises WeirError when a named domain has no tables yet.
    """
    spark = spark_session("weir check")
    chosen = _with_tables(spark, names)
    return [
        *(_books_row(row) for row in balance(spark, chosen)),
        *(_check_row(check) for check in judge(spark, chosen)),
    ]


def tally(results: Iterable[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Rows of run_checks -> one row a table: how many checks it passed and failed, and what its books say."""
    tables: dict[tuple[str, str], dict[str, Any]] = {}
    for row in results:
        place = row["domain"], row["table"]
        one = tables.setdefault(
            place, {"domain": place[0], "table": place[1], "passed": 0, "failed": 0, "books": ""}
        )
        one["passed" if row["success"] else "failed"] += 1
        one["books"] = row["observed"] if row["check"] == BOOKS else one["books"]
    return [*tables.values()]


def balance(spark: SparkSession, names: Iterable[str]) -> list[Books]:
    """Make up the books of these domains and append them to `quality/books`."""
    made_up = [_books_of(spark, domain) for domain in names]
    _keep(spark, "books", made_up)
    return made_up


def judge(spark: SparkSession, names: Iterable[str], days: Days | None = None) -> list[Check]:
    """Run every suite of these domains and append the results to `quality/checks`.

    days: judge only rows received from the first to the last of these days; whole tables unless given.
    """
    with only_judge():
        checks = [check for domain in names for check in _checks_of(spark, domain, days)]
        _keep(spark, CHECKS_TABLE, checks)
    return checks


def only_judge() -> AbstractContextManager[None]:
    """Hold the results of the checks for writing; a second one waits."""
    return only_one(settings().root / "leases" / ".judging")


def domains_with_tables(spark: SparkSession) -> list[str]:
    """The domains whose tables have been made."""
    return [name for name in domains() if _has_tables(spark, name)]


def _with_tables(spark: SparkSession, names: Sequence[str] | None) -> list[str]:
    if names is None:
        return domains_with_tables(spark)
    for name in names:
        load_pack(name)
        if not _has_tables(spark, name):
            place = settings().table("raw", name)
            raise WeirError(f"{name} has no tables, not even {place}: run `weir stream {name}` first")
    return list(names)


def _has_tables(spark: SparkSession, domain: str) -> bool:
    return all(table_version(spark, settings().table(zone, domain)) is not None for zone in ZONES)


def _books_of(spark: SparkSession, domain: str) -> Books:
    tables = _pinned(spark, domain)
    (row,) = books(tables["raw"], tables["scored"], tables["quarantine"]).collect()
    return Books(checked_at=datetime.now(UTC), domain=domain, **row.asDict())


def _checks_of(spark: SparkSession, domain: str, days: Days | None) -> list[Check]:
    pack, tables = load_pack(domain), _pinned(spark, domain)
    actions = [action for action, _ in pack.ruleset.bands]
    suites: list[tuple[DataFrame, Callable[[], Any]]] = [
        (tables["scored"].transform(with_sums), lambda: scored_suite(pack.contract, actions)),
        (tables["quarantine"], lambda: quarantine_suite(domain)),
        (tables["raw"], lambda: raw_suite(domain)),
    ]
    return [
        check
        for table, suite in suites
        for check in run_suite(table.transform(_filter_received, days), suite(), settings().docs)
    ]


def _pinned(spark: SparkSession, domain: str) -> dict[str, DataFrame]:
    """Zone -> table as it is now and stays, however long a query takes."""
    paths = {zone: settings().table(zone, domain) for zone in ZONES}
    versions = {zone: table_version(spark, path) for zone, path in paths.items()}
    return {zone: read_table(spark, paths[zone], version) for zone, version in versions.items()}


def _filter_received(table: DataFrame, days: Days | None) -> DataFrame:
    if days is None:
        return table
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days)
    received_at = F.col("received_at")
    return table.where((received_at >= F.lit(first)) & (received_at < F.lit(last + timedelta(days=1))))


def _keep(spark: SparkSession, name: str, rows: Sequence[Books] | Sequence[Check]) -> None:
    path, columns = settings().table("quality", name), QUALITY[name]
    create_table(spark, path, columns)
    if rows:
        values = [tuple(asdict(row)[column] for column in columns) for row in rows]
        append_rows(spark.createDataFrame(values, ddl(columns)).coalesce(1), path)
        _gather(spark, path)


def _gather(spark: SparkSession, path: str) -> None:
    try:
        if compact(spark, path):
            vacuum(spark, path)
    except Exception as cause:
        # another run may gather the same files just now; what was found is kept anyway
        log.warning("%s: its small files were not gathered: %.300s", path, cause)


def _books_row(row: Books) -> dict[str, object]:
    expected = "parts = scored + quarantined + pending, none missing, doubled or orphaned"
    found = (row.balanced, "critical", row.sentence, expected, row.missing + row.doubled + row.orphans)
    return _row(row.domain, f"raw/{row.domain}", BOOKS, *found)


def _check_row(check: Check) -> dict[str, object]:
    found = (check.success, check.severity, check.observed, check.expected, check.failed_rows)
    return _row(check.domain, check.table_name, check.check_name, *found)


def _row(*values: object) -> dict[str, object]:
    names = ("domain", "table", "check", "success", "severity", "observed", "expected", "failed_rows")
    return dict(zip(names, values, strict=True))
