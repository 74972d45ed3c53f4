"""Runs a suite on a frame that it is handed: rows of `quality/checks`, and a page of Data Docs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from data_quality.docs import tidy_docs
from data_quality.expectations import DataContextConfig, ProgressBarsConfig, UpdateDataDocsAction, gx
from data_quality.suites import checked_columns

SHOWN_VALUES = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One row of `quality/checks`; `failed_rows` is null where a check judges no single rows."""

    checked_at: datetime
    domain: str
    table_name: str
    check_name: str
    success: bool
    observed: str
    expected: str
    failed_rows: int | None
    suite: str
    severity: str


def with_sums(scored: DataFrame) -> DataFrame:
    """`scored` with what its suite compares: reasons_total int, occurred_date date."""
    total = F.aggregate("reasons", F.lit(0), lambda total, reason: total + reason["points"])
    return scored.withColumns({"reasons_total": total, "occurred_date": F.to_date("occurred_at")})


def run_suite(frame: DataFrame, suite: gx.ExpectationSuite, docs: Path) -> list[Check]:
    """A table or a partition of it, and its suite named `zone.domain` -> one Check per expectation (2-9 s).

    A column that is missing fails its checks. The result is added to the Data Docs in the folder `docs`.
    """
    wanted = [name for name in checked_columns(suite) if name in frame.columns]
    checked = frame.select(wanted).persist()
    try:
        result = _checkpoint(suite, docs).run(batch_parameters={"dataframe": checked})
    finally:
        checked.unpersist()
    tidy_docs(docs)
    (validated,) = result.run_results.values()
    return list(_checks(validated, suite.name, result.run_id.run_time.astimezone(UTC)))


def _checkpoint(suite: gx.ExpectationSuite, docs: Path) -> gx.Checkpoint:
    context = gx.get_context(mode="ephemeral", project_config=_project(docs))
    asset = context.data_sources.add_spark("lake", persist=False).add_dataframe_asset(suite.name)
    definition = gx.ValidationDefinition(
        name=suite.name,
        data=asset.add_batch_definition_whole_dataframe("whole"),
        suite=context.suites.add(suite),
    )
    checkpoint = gx.Checkpoint(
        name=suite.name,
        validation_definitions=[context.validation_definitions.add(definition)],
        actions=[UpdateDataDocsAction(name="docs")],
        # counts and a few examples: listing every failed row would collect the table
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": SHOWN_VALUES},
    )
    return context.checkpoints.add(checkpoint)


def _project(docs: Path) -> DataContextConfig:
    """Only results are kept, for the index of the Data Docs; suites come from the contract each time."""
    in_memory = {"class_name": "InMemoryStoreBackend"}
    return DataContextConfig(
        expectations_store_name="expectations",
        checkpoint_store_name="checkpoints",
        validation_results_store_name="results",
        stores={
            "expectations": _store("ExpectationsStore", in_memory),
            "checkpoints": _store("CheckpointStore", in_memory),
            "validation_definition_store": _store("ValidationDefinitionStore", in_memory),
            "results": _store("ValidationResultsStore", _folder(docs / "results")),
        },
        data_docs_sites={
            "local": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": _folder(docs / "site"),
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        },
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _store(class_name: str, backend: dict[str, str]) -> dict[str, object]:
    return {"class_name": class_name, "store_backend": backend}


def _folder(path: Path) -> dict[str, str]:
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(path)}


def _checks(validated: Any, suite: str, checked_at: datetime) -> Iterator[Check]:
    zone, domain = suite.split(".")
    for result in validated.results:
        meta = result.expectation_config.meta
        yield Check(
            checked_at=checked_at,
            domain=domain,
            table_name=f"{zone}/{domain}",
            check_name=meta["check"],
            success=bool(result.success),
            observed=_observed(result),
            expected=meta["expected"],
            failed_rows=_failed_rows(result),
            suite=suite,
            severity=str(result.expectation_config.severity.value),
        )


def _failed_rows(result: Any) -> int | None:
    """Expectations on rows count those that failed, a query's rows are those, a column's type has none."""
    is_query = result.expectation_config.type == "unexpected_rows_expectation"
    return result.result.get("observed_value" if is_query else "unexpected_count")


def _observed(result: Any) -> str:
    """What was found, in words: rows that failed and a few of their values, a column's type, an error."""
    found = result.result
    if not found:
        return _error(result.exception_info)
    if "element_count" not in found:
        return str(found["observed_value"])
    values = ", ".join(str(value) for value in found["partial_unexpected_list"][:SHOWN_VALUES])
    return f"{found['unexpected_count']} of {found['element_count']} rows" + (f": {values}" if values else "")


def _error(exception_info: dict[str, Any]) -> str:
    """A raised exception's first line; Great Expectations files it under the metric that raised it."""
    messages = [exception_info, *(info for info in exception_info.values() if isinstance(info, dict))]
    first = next((info["exception_message"] for info in messages if info.get("exception_message")), "not run")
    return first.splitlines()[0]
