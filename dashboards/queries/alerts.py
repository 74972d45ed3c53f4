"""Single decisions: found, explained, and what else their subject, address and device did.

Times are UTC without a zone, durations seconds; a scope cuts by `occurred_at`. An id is of one decision only
within its domain and day: `event_date` (text, as 2026-01-31) tells which.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from duckdb import DuckDBPyConnection

from dashboards.queries import REASONS
from dashboards.scope import Scope


def rules(marts: DuckDBPyConnection, scope: Scope) -> pd.DataFrame:
    """rule: the rules that hit anything in these domains, by name."""
    query = """
        select distinct rule
        from rule_hits_daily
        where list_contains($domains, domain)
        order by rule
    """
    return marts.execute(query, {"domains": list(scope.domains)}).df()


def found(
    marts: DuckDBPyConnection,
    scope: Scope,
    actions: Sequence[str] = (),
    rule: str | None = None,
    search: str = "",
    least_score: int = 0,
    limit: int = 500,
) -> pd.DataFrame:
    """The newest decisions that answer all of it, as the alerts list shows them.

    actions: any of these, none = those that alert; rule: it hit the event; search: a part of the
    subject, event id, address or device, in any case; least_score: points.
    """
    query = """
        select domain, event_id, cast(event_date as varchar) as event_date, event_type, occurred_at, subject,
            score, action, top_rule, rules_hit
        from decisions
        where list_contains($domains, domain) and occurred_at >= $start and occurred_at < $end
            and score >= $least_score
            and (list_contains($actions, action) or (len($actions) = 0 and is_alert))
            and ($rule is null or list_contains(json_extract_string(reasons, '$[*].rule'), $rule))
            and contains(lower(concat_ws(' ', subject, event_id, ip_address, device_id)), lower($search))
        order by occurred_at desc, seq desc
        limit $limit
    """
    wanted = {"actions": list(actions), "rule": rule, "search": search.strip(), "least_score": least_score}
    return marts.execute(query, {**scope.bounds, **wanted, "limit": limit}).df()


def event(
    marts: DuckDBPyConnection, domains: Sequence[str], event_id: str, event_date: str | None = None
) -> pd.DataFrame:
    """One row, every column of `decisions` (amount as exact text), or none; without a day the newest of the id."""
    # what a visitor typed may be no date at all: then it is of no decision
    query = """
        select * replace (cast(amount as varchar) as amount, cast(event_date as varchar) as event_date)
        from decisions
        where list_contains($domains, domain) and event_id = $event_id
            and ($event_date is null or event_date = try_cast($event_date as date))
        order by seq desc
        limit 1
    """
    wanted = {"domains": list(domains), "event_id": event_id, "event_date": event_date}
    return marts.execute(query, wanted).df()


def reasons(marts: DuckDBPyConnection, domain: str, event_id: str, event_date: str) -> pd.DataFrame:
    """rule, points, text: the event's reasons in the ruleset's order; they add up to its score."""
    query = """
        with chosen as (
            select reasons
            from decisions
            where domain = $domain and event_id = $event_id and event_date = cast($event_date as date)
        )
        select unnest(from_json(reasons, $reasons), recursive := true) from chosen
    """
    wanted = {"domain": domain, "event_id": event_id, "event_date": event_date}
    return marts.execute(query, {**wanted, "reasons": REASONS}).df()


def subject_history(marts: DuckDBPyConnection, domain: str, subject: str, limit: int = 2000) -> pd.DataFrame:
    """A subject's latest, oldest first:

    event_id, event_date, event_type, occurred_at, score, action, top_rule.
    """
    query = """
        with newest as (
            select event_id, cast(event_date as varchar) as event_date, event_type, occurred_at, score, action,
                top_rule, seq
            from decisions
            where domain = $domain and subject = $subject
            order by occurred_at desc, seq desc
            limit $limit
        )
        select * exclude (seq) from newest order by occurred_at, seq
    """
    return marts.execute(query, {"domain": domain, "subject": subject, "limit": limit}).df()


def sharing(
    marts: DuckDBPyConnection, domain: str, event_id: str, event_date: str, limit: int = 500
) -> pd.DataFrame:
    """Others of the event's domain who used its address or device, the most alerted first.

    subject, decisions, alerts, last_seen_at (of what they did there), shared ('IP', 'device' or both).
    """
    query = """
        with chosen as (
            select domain, subject, ip_address, device_id
            from decisions
            where domain = $domain and event_id = $event_id and event_date = cast($event_date as date)
        ),
        others as (
            select decisions.subject, decisions.is_alert, decisions.occurred_at,
                coalesce(decisions.ip_address = chosen.ip_address, false) as is_same_ip,
                coalesce(decisions.device_id = chosen.device_id, false) as is_same_device
            from decisions
            join chosen
                on decisions.domain = chosen.domain and decisions.subject is distinct from chosen.subject
        )
        select subject, count(*) as decisions, count(*) filter (is_alert) as alerts,
            max(occurred_at) as last_seen_at,
            concat_ws(' + ', max('IP') filter (is_same_ip), max('device') filter (is_same_device)) as shared
        from others
        where is_same_ip or is_same_device
        group by subject
        order by alerts desc, decisions desc, subject
        limit $limit
    """
    wanted = {"domain": domain, "event_id": event_id, "event_date": event_date}
    return marts.execute(query, {**wanted, "limit": limit}).df()
