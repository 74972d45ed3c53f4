"""What an asset's page shows of a table: counts as numbers and as small markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from weir.warehouse import sql

SHOWN = 20


def count_table(title: str, counts: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """{'duplicate': 3} -> a markdown table of two columns."""
    return markdown_table((title, "count"), list(counts.items()))


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """Column names and rows -> a markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    text = "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)
    return dg.MetadataValue.md(text)


def table_metadata(zone: str, domain: str, split_by: str | None = None) -> dict[str, Any]:
    """A lake table -> its rows and, split by a column, how many rows each value has; read without Spark."""
    view = f'"{zone}_{domain}"'
    (total,) = sql(f"select count(*) from {view}").rows[0]
    metadata: dict[str, Any] = {"dagster/row_count": total}
    if split_by:
        counted = sql(f"select {split_by}, count(*) from {view} group by all order by 2 desc limit {SHOWN}")
        metadata[split_by] = count_table(split_by, dict(counted.rows))
    return metadata


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|").replace("\n", " ")
