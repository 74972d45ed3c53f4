"""What was decided: totals, over time, by which rules, about whom.

Times are UTC without a zone, durations seconds; a scope cuts by `occurred_at`.
"""

from __future__ import annotations

import pandas as pd
from duckdb import DuckDBPyConnection

from dashboards.queries import REASONS
from dashboards.scope import Scope


def domains(marts: DuckDBPyConnection) -> pd.DataFrame:
    """domain, decisions, first_minute, last_minute, first_received, last_received; busiest first."""
    query = """
        with decided as (
            select domain, min(minute) as first_minute, max(minute) as last_minute,
                sum(decisions)::bigint as decisions
            from decisions_per_minute
            group by domain
        ),
        received as (
            select domain, min(minute) as first_received, max(minute) as last_received
            from pipeline_health_per_minute
            group by domain
        )
        select domain, first_minute, first_received, last_received,
            -- of a clock that is fast: an event of tomorrow would leave today out of the last hours
            least(last_minute, last_received) as last_minute,
            coalesce(decisions, 0) as decisions
        from received
        full join decided using (domain)
        order by decisions desc, domain
    """
    return marts.execute(query).df()


def totals(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """One row: decisions, alerts, blocked, lag_seconds_p50, and of the message parts that came meanwhile
    how many were received and how many invalid."""
    query = """
        with scoped as (
            select is_alert, action, lag_seconds, received_at
            from decisions
            where list_contains($domains, domain) and occurred_at >= $start and occurred_at < $end
        ),
        decided as (
            select count(*) as decisions, count(*) filter (is_alert) as alerts,
                count(*) filter (action = 'block') as blocked, median(lag_seconds) as lag_seconds_p50,
                date_trunc('minute', min(received_at)) as first_minute, max(received_at) as last_minute
            from scoped
        ),
        judged as (
            select coalesce(sum(received), 0)::bigint as received,
                coalesce(sum(invalid), 0)::bigint as invalid
            from pipeline_health_per_minute
            cross join decided
            where list_contains($domains, domain) and minute between first_minute and last_minute
        )
        select decisions, alerts, blocked, lag_seconds_p50, received, invalid from decided cross join judged
    """
    return marts.execute(query, scope.bounds).df()


def decisions_over_time(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """bucket (its start), action, decisions."""
    query = """
        select time_bucket($bucket, minute) as bucket, action, sum(decisions)::bigint as decisions
        from decisions_per_minute
        where list_contains($domains, domain) and minute >= $start and minute < $end
        group by all
        order by bucket, action
    """
    return marts.execute(query, {**scope.bounds, "bucket": scope.bucket}).df()


def top_rules(marts: DuckDBPyConnection, scope: Scope, limit: int = 10) -> pd.DataFrame:
    """rule, hits, points (their sum), sole_hits (events that no other rule hit); most hits first."""
    query = """
        with hits as (
            select rules_hit, unnest(from_json(reasons, $reasons), recursive := true)
            from decisions
            where list_contains($domains, domain) and occurred_at >= $start and occurred_at < $end
                and rules_hit > 0
        )
        select rule, count(*) as hits, sum(points)::bigint as points,
            count(*) filter (rules_hit = 1) as sole_hits
        from hits
        where rule <> 'cap'
        group by rule
        order by hits desc, rule
        limit $limit
    """
    return marts.execute(query, {**scope.bounds, "reasons": REASONS, "limit": limit}).df()


def attacks(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """attack, events, alerted, verified (flagged, not alerted), missed; of days that the scope touches,
    the commonest first."""
    query = """
        with labelled as (
            select attack, sum(events)::bigint as events, sum(alerted)::bigint as alerted,
                sum(flagged)::bigint as flagged
            from attacks_daily
            where list_contains($domains, domain) and event_date >= $start and event_date < $end
                and attack is not null
            group by attack
        )
        select attack, events, alerted, flagged - alerted as verified, events - flagged as missed
        from labelled
        order by events desc, attack
    """
    return marts.execute(query, scope.days.bounds).df()


def top_offenders(marts: DuckDBPyConnection, scope: Scope, limit: int = 8) -> pd.DataFrame:
    """Who alerted, most points first: offender_type (user, ip, device, address), offender, domain, decisions,
    alerts, score_total, last_seen_at."""
    query = """
        with scoped as (
            select domain, user_id as "user", ip_address as ip, device_id as device, address,
                is_alert, score, occurred_at
            from decisions
            where list_contains($domains, domain) and occurred_at >= $start and occurred_at < $end
        ),
        offences as (unpivot scoped on "user", ip, device, address into name offender_type value offender)
        select offender_type, offender, domain, count(*) as decisions, count(*) filter (is_alert) as alerts,
            sum(score)::bigint as score_total, max(occurred_at) as last_seen_at
        from offences
        group by offender_type, offender, domain
        having alerts > 0
        order by score_total desc, offender
        limit $limit
    """
    return marts.execute(query, {**scope.bounds, "limit": limit}).df()
