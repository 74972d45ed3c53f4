"""dbt-duckdb's plugin: the lake's tables as views of the in-memory database `lake`, at pinned versions."""

from __future__ import annotations

import json
import os

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from weir.pack import domains
from weir.warehouse import create_lake_views, newest_versions, tables_of

DOMAINS = "WEIR_DBT_DOMAINS"
VERSIONS = "WEIR_LAKE_VERSIONS"


class Plugin(BasePlugin):
    """Reads WEIR_DBT_DOMAINS and WEIR_LAKE_VERSIONS (JSON); without them: all domains, as they are now."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called once, behind `attach`, when dbt opens the warehouse."""
        conn.execute("attach if not exists ':memory:' as lake")
        tables = tables_of(json.loads(os.environ[DOMAINS]) if DOMAINS in os.environ else domains())
        pinned = json.loads(os.environ[VERSIONS]) if VERSIONS in os.environ else newest_versions(tables)
        create_lake_views(conn, tables, pinned, schema="lake.main")
