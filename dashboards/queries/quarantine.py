"""What was refused and waits for a repair; a scope cuts by the days on which messages landed."""

from __future__ import annotations

import pandas as pd
from duckdb import DuckDBPyConnection

from dashboards.scope import Scope


def reasons(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """reason, parts, released, duplicates, open; most open first."""
    query = """
        select reason, sum(parts)::bigint as parts, sum(released)::bigint as released,
            sum(duplicates)::bigint as duplicates, sum(open)::bigint as open
        from open_quarantine_daily
        where list_contains($domains, domain) and received_date >= $start and received_date < $end
        group by reason
        order by open desc, parts desc, reason
    """
    return marts.execute(query, scope.days.bounds).df()


def domains(marts: DuckDBPyConnection, scope: Scope, reason: str | None) -> pd.DataFrame:
    """domain: those that refused anything for this reason (None: for any), most parts first."""
    query = """
        select domain
        from open_quarantine_daily
        where list_contains($domains, domain) and received_date >= $start and received_date < $end
            and ($reason is null or reason = $reason)
        group by domain
        order by sum(parts) desc, domain
    """
    return marts.execute(query, {**scope.days.bounds, "reason": reason}).df()


def samples(marts: DuckDBPyConnection, scope: Scope, reason: str | None, most: int) -> pd.DataFrame:
    """The newest parts that were not released, one row each, with what was first found wrong:

    received_at, domain, reason, column, value, faults (how many), event_id, source, partition, position, part.
    """
    query = """
        select received_at, domain, reason,
            json_extract_string(faults, '$[0].column') as "column",
            json_extract_string(faults, '$[0].value') as value,
            json_array_length(faults)::bigint as faults,
            event_id, source, "partition", "position", part
        from quarantine_samples
        where list_contains($domains, domain) and received_date >= $start and received_date < $end
            and ($reason is null or reason = $reason)
        order by received_at desc, source, "partition", "position" desc, part
        limit $most
    """
    return marts.execute(query, {**scope.days.bounds, "reason": reason, "most": most}).df()
