"""The dbt models as assets and their tests as asset checks, built into a new version and published."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from dbt_project.run import DBT, PROJECT
from orchestration.manifest import manifest_path
from orchestration.marts import dbt_target, started_build


class Keys(DagsterDbtTranslator):
    """Sources are the lake's tables, so that the lineage runs from messages to marts."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """raw_payments -> raw/payments, decisions -> marts/decisions, stg_x -> staging/stg_x."""
        name = dbt_resource_props["name"]
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(name.split("_", 1))
        return dg.AssetKey([_folder(dbt_resource_props), name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The folder of the model."""
        return _folder(dbt_resource_props)


def _folder(props: Mapping[str, Any]) -> str:
    """models/marts/decisions.sql -> 'marts'."""
    return props["fqn"][1]


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables while the block runs: dagster-dbt hands dbt this process's own."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@dbt_assets(manifest=manifest_path(), dagster_dbt_translator=Keys(), name="marts")
def marts(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Build every model from one state of the lake and publish them together.

    All or none, hence no partitions: a version is whole, and dbt itself adds only the new batches.
    """
    if context.is_subset:
        raise dg.Failure("the marts are published together: materialise all of staging and marts")
    project = str(PROJECT)
    dbt = DbtCliResource(project_dir=project, profiles_dir=project, target="duckdb", dbt_executable=DBT)
    with started_build() as build, _variables(build.environment):
        events = list(dbt.cli(build.arguments, context=context, target_path=dbt_target()).stream())
        published = build.publish()
    context.log.info(f"published {published.version}: {published.rows}")
    for event in events:
        yield _with_rows(event, published.rows)


def _with_rows(event: Any, rows: Mapping[str, int]) -> Any:
    """Add to a mart's materialisation how many rows it has; views and tests have none."""
    if not isinstance(event, dg.Output | dg.AssetMaterialization):
        return event
    _, _, name = str(event.metadata["unique_id"].value).rpartition(".")
    return event.with_metadata({**event.metadata, "dagster/row_count": rows[name]}) if name in rows else event
