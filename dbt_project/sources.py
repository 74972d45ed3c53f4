"""What dbt's files take from the packs and from weir: `python -m dbt_project.sources` writes them anew.

models/staging/sources.yml has the packs' lake tables, macros/releases.sql the SQL of released messages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from dbt_project.run import PROJECT
from weir.pack import domains, load_pack
from weir.release import IS_COPY, ORIGINAL
from weir.settings import PACKAGED_DOMAINS, settings
from weir.tables import Table, lake_tables

SOURCES = PROJECT / "models" / "staging" / "sources.yml"
RELEASES = PROJECT / "macros" / "releases.sql"
HEADER = "# Written by `python -m dbt_project.sources` from domains/*/: change a contract, not this file.\n"
DESCRIPTIONS = {
    "raw": "Messages as they were received.",
    "mapping": "The mappings that messages were read with.",
    "quarantine": "Message parts that did not become events.",
    "scored": "Events with their features and decisions.",
    "labels": "What turned out to be fraud.",
    "replayed": "Scored events under other rules.",
    "reference": "Values that events are looked up in.",
    "quality": "Results of the data quality checks.",
}


def marts_domains(root: Path = PACKAGED_DOMAINS) -> list[str]:
    """The packs that have a staging model, and so a place in the marts; sorted."""
    staged = {model.stem.removeprefix("stg_") for model in SOURCES.parent.glob("stg_*.sql")}
    return sorted(staged.intersection(domains(root)))


def sources_yml(own: Path = PACKAGED_DOMAINS) -> str:
    """A folder of packs -> the text of sources.yml: every lake table of them and of those that come with Weir."""
    roots = {domain: root for root in (PACKAGED_DOMAINS, own) for domain in marts_domains(root)}
    packs = [load_pack(domain, roots[domain]) for domain in sorted(roots)]
    events = {pack.contract.domain: {c.name: c.description for c in pack.contract.columns} for pack in packs}
    tables = [_entry(table, events.get(table.name, {})) for table in lake_tables(packs)]
    lake = {
        "name": "lake",
        "description": "Delta tables. In DuckDB views at a pinned version, in Redshift an external schema.",
        "database": "{{ 'lake' if target.type == 'duckdb' else target.database }}",
        "schema": "{{ 'main' if target.type == 'duckdb' else 'lake' }}",
        "tables": tables,
    }
    document = {"version": 2, "sources": [lake]}
    # the innermost level in one line: a column is a line
    return HEADER + yaml.safe_dump(
        document, sort_keys=False, width=1000, allow_unicode=True, default_flow_style=None
    )


def releases_sql() -> str:
    """The text of releases.sql: macros of SQL over rows of raw."""
    header = (
        "{# Written by `python -m dbt_project.sources` from weir/release.py: change that, not this file. #}\n"
    )
    macros = {"is_copy": IS_COPY, "original": ORIGINAL}
    return header + "".join(f"{{% macro {name}() %}}{sql}{{% endmacro %}}\n" for name, sql in macros.items())


def _entry(table: Table, descriptions: dict[str, str]) -> dict[str, Any]:
    columns = [
        {"name": name, "data_type": kind}
        | ({"description": descriptions[name]} if descriptions.get(name) else {})
        for name, kind in table.columns.items()
    ]
    return {"name": table.view, "description": DESCRIPTIONS[table.zone], "columns": columns}


if __name__ == "__main__":
    SOURCES.write_text(sources_yml(settings().domains))
    RELEASES.write_text(releases_sql())
