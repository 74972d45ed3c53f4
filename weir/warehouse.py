"""The reading side: published marts and lake tables in DuckDB, offline and without locks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_delta
import duckdb_extension_httpfs
from sqlglot import exp

from weir.delta_log import delta_version
from weir.error import WeirError
from weir.pack import domains, load_pack
from weir.s3 import duckdb_secret, is_on_s3, s3_uri
from weir.settings import settings
from weir.tables import Table, lake_tables

POINTER = "current"
WAREHOUSE = "warehouse.duckdb"


class MartsMissingError(WeirError):
    """No marts have been published under this home."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned: column names, and the rows as Python values in that order."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """One dict a row, column name -> value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def published_version() -> str | None:
    """The version that the pointer names now, or None before the first publishing."""
    try:
        return (settings().marts / POINTER).read_text().strip() or None
    except FileNotFoundError:
        return None


def warehouse_path(version: str) -> Path:
    """A version -> where its tables are."""
    return settings().marts / version / WAREHOUSE


def connect_marts() -> duckdb.DuckDBPyConnection:
    """The published marts, read-only, as they are now and stay for this connection.

    Raises MartsMissingError when nothing was published yet.
    """
    version = _version()
    while True:
        try:
            return _prepared(duckdb.connect(warehouse_path(version), read_only=True))
        except duckdb.IOException:
            moved = _version()
            if moved == version:
                raise
            version = moved


def load_delta(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the delta extension, and for a lake on S3 its keys; from wheels: nothing is downloaded."""
    _load(connection, duckdb_extension_delta.__file__, "delta")
    if is_on_s3(settings().table("", "")):
        _load(connection, duckdb_extension_httpfs.__file__, "httpfs")
        options = ", ".join(f"{name} {_literal(text)}" for name, text in duckdb_secret().items())
        connection.execute(f"create or replace temporary secret lake (type s3, {options})")


def _load(connection: duckdb.DuckDBPyConnection, package: str, name: str) -> None:
    folder = Path(package).parent / "extensions" / f"v{duckdb.__version__}"
    connection.execute(f"load {_literal(str(folder / f'{name}.duckdb_extension'))}")


def tables_of(names: Iterable[str]) -> list[Table]:
    """Domain names -> their lake tables, the shared ones (reference lists, quality) too. Raises PackError."""
    return lake_tables([load_pack(name) for name in names])


def newest_versions(tables: Iterable[Table]) -> dict[str, int | None]:
    """Each table's path in the lake -> its newest Delta version, None while it has not been written."""
    return {table.key: delta_version(settings().table(table.zone, table.name)) for table in tables}


def create_lake_views(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    versions: Mapping[str, int | None],
    schema: str = "main",
) -> None:
    """A view `<zone>_<name>` for each table at its version; a typed one without rows where there is none."""
    load_delta(connection)
    for table in tables:
        select = _scan(table, versions.get(table.key))
        connection.execute(f"create or replace view {schema}.{_name(table.view)} as {select}")


def connect_lake(names: Iterable[str] | None = None) -> duckdb.DuckDBPyConnection:
    """In memory: a view for every lake table of these domains (default all), and the marts by their names."""
    connection = _prepared(duckdb.connect())
    tables = tables_of(domains() if names is None else names)
    create_lake_views(connection, tables, newest_versions(tables))
    version = published_version()
    if version is not None:
        connection.execute(f"attach {_literal(str(warehouse_path(version)))} as marts (read_only)")
        connection.execute("set search_path = 'memory.main,marts.main'")
    return connection


def sql(query: str) -> Answer:
    """A DuckDB query over lake and marts -> its answer. Raises duckdb.Error, with a hint at unbuilt marts."""
    try:
        return ask(connect_lake(), query)
    except duckdb.CatalogException as error:
        if published_version() is None:
            raise MartsMissingError(f"{error}\nThe marts are not built yet: run `weir marts`.") from error
        raise


def ask(connection: duckdb.DuckDBPyConnection, query: str, values: object = None) -> Answer:
    """A query and the values of its parameters -> its answer."""
    result = connection.execute(query, values)
    return Answer(_unique(column[0] for column in result.description or ()), result.fetchall())


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Columns that share a name -> a, a_1, a_2: as the keys of a record each needs its own."""
    seen: Counter[str] = Counter()
    unique: list[str] = []
    for name in names:
        unique.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return tuple(unique)


def _prepared(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("set global TimeZone = 'UTC'")
    # it would stand on stdout, among what a query printed
    connection.execute("set enable_progress_bar = false")
    return connection


def _version() -> str:
    version = published_version()
    if version is None:
        raise MartsMissingError(f"no marts in {settings().marts}: run `weir marts`")
    return version


def _scan(table: Table, version: int | None) -> str:
    nulls = (f"cast(null as {duckdb_type(kind)}) as {_name(name)}" for name, kind in table.columns.items())
    declared = f"select {', '.join(nulls)} where false"
    if version is None:
        return declared
    location = s3_uri(settings().table(table.zone, table.name))
    # by name: what was written before a column was declared has nulls in it
    return (
        f"{declared} union all by name select * from delta_scan({_literal(location)}, version => {version})"
    )


def duckdb_type(spark_type: str) -> str:
    """'array<struct<rule:string>>' -> 'STRUCT(rule TEXT)[]', as delta_scan gives it."""
    kind = exp.DataType.build(spark_type, dialect="spark")
    return kind.sql(dialect="duckdb")


def _name(identifier: str) -> str:
    return exp.to_identifier(identifier, quoted=True).sql(dialect="duckdb")


def _literal(text: str) -> str:
    return exp.Literal.string(text).sql(dialect="duckdb")
