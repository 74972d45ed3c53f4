"""How the pipeline does: volume, lag, what was refused, whether the books balance.

Times are UTC without a zone, durations seconds; a scope cuts by `received_at`.
"""

from __future__ import annotations

import pandas as pd
from duckdb import DuckDBPyConnection

from dashboards.scope import Scope


def received_over_time(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """Message parts: bucket, event_type, received, invalid."""
    query = """
        select time_bucket($bucket, minute) as bucket, event_type, sum(received)::bigint as received,
            sum(invalid)::bigint as invalid
        from pipeline_health_per_minute
        where list_contains($domains, domain) and minute >= $start and minute < $end
        group by all
        order by bucket, event_type
    """
    return marts.execute(query, {**scope.bounds, "bucket": scope.bucket}).df()


def lag_over_time(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """bucket, lag_seconds_p50, lag_seconds_max: from received to scored, exact."""
    query = """
        select time_bucket($bucket, received_at) as bucket, median(lag_seconds) as lag_seconds_p50,
            max(lag_seconds) as lag_seconds_max
        from decisions
        where list_contains($domains, domain) and received_at >= $start and received_at < $end
        group by bucket
        order by bucket
    """
    return marts.execute(query, {**scope.bounds, "bucket": scope.bucket}).df()


def quarantine_by_day(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """received_date, reason, parts; over the days that the scope touches."""
    query = """
        select received_date, reason, sum(parts)::bigint as parts
        from quarantine_daily
        where list_contains($domains, domain)
            and received_date >= $start and received_date < $end
        group by all
        order by received_date, reason
    """
    return marts.execute(query, scope.days.bounds).df()


def books(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """The latest reconciliation of each domain: raw (messages), parts, where these are now, balanced."""
    query = """
        select domain, checked_at, raw, parts, scored, quarantined, duplicates, released, pending, missing,
            doubled, orphans, balanced
        from books
        where list_contains($domains, domain)
        order by balanced, domain
    """
    return marts.execute(query, {"domains": list(scope.domains)}).df()


def checks(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """The latest result of each check ('failed', 'warning' or 'passed'), failed ones first, then warnings."""
    query = """
        select case when success then 'passed' when severity = 'critical' then 'failed' else 'warning' end as result,
            domain, table_name, check_name, observed, expected, failed_rows, checked_at
        from checks
        where list_contains($domains, domain)
        order by success, result, domain, table_name, check_name
    """
    return marts.execute(query, {"domains": list(scope.domains)}).df()


def lake_versions(marts: DuckDBPyConnection) -> pd.DataFrame:
    """zone, name, version, built_at: the Delta version of each table that these marts were built from."""
    return marts.execute("select zone, name, version, built_at from lake_versions order by zone, name").df()
