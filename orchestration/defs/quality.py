"""Data quality as assets and asset checks: the books of every domain, the suites of every table."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from orchestration.defs.tables import markdown_table
from orchestration.spark import Spark
from weir.pack import domains
from weir.warehouse import sql

ZONES = ("raw", "quarantine", "scored")
# days of arrival: what a run has just landed is in today's partition, whenever it happened
days = dg.DailyPartitionsDefinition(start_date="2025-01-01", end_offset=1)
judged = [[zone, domain] for domain in domains() for zone in ZONES]
BOOKS = ["quality", "books"]
CHECKS = ["quality", "checks"]

LATEST_BOOKS = """
select * from quality_books
qualify row_number() over (partition by domain order by checked_at desc) = 1
"""
LATEST_FAILURES = """
with latest as (
    select * from quality_checks
    qualify rank() over (partition by table_name order by checked_at desc) = 1
)
select table_name, check_name, severity, observed from latest where not success
"""


@dg.asset(key=BOOKS, deps=judged, group_name="quality", kinds={"delta", "spark"})
def books(spark: Spark) -> dg.MaterializeResult[Any]:
    """raw = scored + quarantine + pending, part by part, for every domain."""
    from orchestration.checks import balance, domains_with_tables

    made_up = balance(spark.session, domains_with_tables(spark.session))
    rows = [(one.domain, one.raw, one.sentence, one.balanced) for one in made_up]
    table = markdown_table(("domain", "messages", "books", "balanced"), rows)
    unbalanced = sum(not one.balanced for one in made_up)
    return dg.MaterializeResult(metadata={"books": table, "unbalanced": unbalanced})


@dg.asset(
    key=CHECKS,
    deps=judged,
    group_name="quality",
    kinds={"delta", "spark", "greatexpectations"},
    partitions_def=days,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def checks(context: dg.AssetExecutionContext, spark: Spark) -> dg.MaterializeResult[Any]:
    """Every table's suite, made from the contract, on the rows that arrived on these days."""
    from orchestration.checks import domains_with_tables, judge
    from weir.settings import settings

    first, last = (date.fromisoformat(day) for day in context.partition_key_range)
    found = judge(spark.session, domains_with_tables(spark.session), (first, last))
    failed = [one for one in found if not one.success]
    rows = [(one.table_name, one.check_name, one.severity, one.observed) for one in failed]
    return dg.MaterializeResult(
        metadata={
            "checks": len(found),
            "failed": len(failed),
            "failures": markdown_table(("table", "check", "severity", "observed"), rows),
            "data_docs": dg.MetadataValue.path(settings().docs / "site" / "index.html"),
        }
    )


def _specs() -> Iterator[dg.AssetCheckSpec]:
    for zone, domain in judged:
        yield dg.AssetCheckSpec("suite", asset=[zone, domain], additional_deps=[CHECKS])
    for domain in domains():
        yield dg.AssetCheckSpec("books", asset=["scored", domain], additional_deps=[BOOKS])


@dg.multi_asset_check(specs=list(_specs()), name="verdicts", can_subset=True)
def verdicts(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """The latest books and checks, as verdicts on the tables that they judged."""
    failures, balances = _latest_failures(), _latest_books()
    for key in context.selected_asset_check_keys:
        if key.name == "books":
            yield _books_verdict(key, balances.get(key.asset_key.path[1]))
        else:
            yield _suite_verdict(key, failures.get("/".join(key.asset_key.path), []))


def _latest_failures() -> dict[str, list[tuple[Any, ...]]]:
    """'scored/payments' -> check, severity, observed of what failed when the table was last judged."""
    failures: dict[str, list[tuple[Any, ...]]] = {}
    for table, *failure in sql(LATEST_FAILURES).rows:
        failures.setdefault(table, []).append(tuple(failure))
    return failures


def _latest_books() -> dict[str, dict[str, Any]]:
    return {row["domain"]: row for row in sql(LATEST_BOOKS).records()}


def _suite_verdict(key: dg.AssetCheckKey, failures: list[tuple[Any, ...]]) -> dg.AssetCheckResult:
    is_error = any(severity != "warning" for _, severity, _ in failures)
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failures,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        metadata={"failures": markdown_table(("check", "severity", "observed"), failures)},
    )


def _books_verdict(key: dg.AssetCheckKey, row: dict[str, Any] | None) -> dg.AssetCheckResult:
    """A domain without books has no tables yet: nothing of it can be off."""
    figures = {} if row is None else {name: value for name, value in row.items() if isinstance(value, int)}
    passed = row is None or bool(row["balanced"])
    return dg.AssetCheckResult(asset_key=key.asset_key, check_name=key.name, passed=passed, metadata=figures)
