-- The marts that the dashboards read, as dbt publishes them; filled by sample_marts.py.
create table decisions (
    domain varchar, event_id varchar, event_type varchar, occurred_at timestamp, event_date date,
    user_id varchar, address varchar, subject varchar, counterparty varchar, amount decimal(38, 4), unit varchar, ip_address varchar, device_id varchar, country varchar,
    score integer, action varchar, is_alert boolean, top_rule varchar, rules_hit integer, reasons varchar,
    ruleset varchar, pack varchar, model varchar, source varchar, "partition" varchar, "position" bigint, part integer,
    seq bigint, batch_id bigint, is_late boolean, received_at timestamp, scored_at timestamp, lag_seconds double
);
insert into decisions by name select * from decided_rows;

-- a frame without rows has no types of its own
create temp table labels (event_id varchar, attack varchar);
insert into labels by name select * from label_rows;
create temp table refusals (domain varchar, received_at timestamp, reason varchar);
insert into refusals by name select * from refused_rows;

create table decisions_per_minute as
select domain, date_trunc('minute', occurred_at) as minute, event_type, action,
    count(*) as decisions, sum(score)::bigint as score_total
from decisions
group by all;

create table alerts as
select domain, event_id, event_type, occurred_at, event_date, subject, counterparty, amount, unit, ip_address,
    device_id, score, action, top_rule, rules_hit, reasons, ruleset, batch_id
from decisions
where is_alert;

create table rule_hits_daily as
with hits as (
    select domain, event_date, ruleset, rules_hit,
        unnest(from_json(reasons, '[{"rule": "varchar", "points": "integer"}]'), recursive := true)
    from decisions
)
select domain, event_date, ruleset, rule, count(*) as hits, sum(points)::bigint as points_total,
    count(*) filter (rules_hit = 1) as sole_hits
from hits
where rule <> 'cap'
group by all;

create table pipeline_health_per_minute as
with scored as (
    select domain, date_trunc('minute', received_at) as minute, event_type, count(*) as scored,
        median(lag_seconds) as lag_seconds_p50, max(lag_seconds) as lag_seconds_max
    from decisions
    group by all
),
refused as (
    select domain, date_trunc('minute', received_at) as minute, 'unknown' as event_type, count(*) as quarantined,
        count(*) filter (reason = 'duplicate') as duplicates
    from refusals
    group by all
),
counted as (
    select domain, minute, event_type, coalesce(scored, 0) + coalesce(quarantined, 0) as received,
        coalesce(scored, 0) as scored, coalesce(quarantined, 0) as quarantined, coalesce(duplicates, 0) as duplicates,
        coalesce(quarantined, 0) - coalesce(duplicates, 0) as invalid, lag_seconds_p50, lag_seconds_max
    from scored
    full join refused using (domain, minute, event_type)
)
select domain, minute, event_type, received, scored, quarantined, duplicates, invalid,
    invalid / received as invalid_rate, lag_seconds_p50, lag_seconds_max
from counted;

create table quarantine_daily as
select domain, received_at::date as received_date, reason, count(*) as parts
from refusals
group by all;

-- of every reason but duplicate each fourth part was repaired and released
create temp table refused_parts as
select *, received_at::date as received_date, row_number() over (partition by domain, reason order by received_at) as nth
from refusals;

create table open_quarantine_daily as
select domain, received_date, reason, count(*) as parts,
    count(*) filter (reason <> 'duplicate' and nth % 4 = 0) as released,
    count(*) filter (reason = 'duplicate') as duplicates, parts - released - duplicates as open
from refused_parts
group by all;

create table quarantine_samples as
select domain, received_date, reason, row_number() over newest as place, null::varchar as event_id,
    'unknown' as event_type,
    case when reason = 'not_json' then '[{"reason": "not_json", "column": null, "value": "{\"event_id"}]'
        else '[{"reason": "' || reason || '", "column": "amount", "value": "12,50"}]' end as faults,
    'files:/data' as source, 'a.jsonl' as "partition", nth * 312 as "position", 0::integer as part, received_at
from refused_parts
where reason = 'duplicate' or nth % 4 <> 0
window newest as (partition by domain, received_date, reason order by received_at desc)
qualify place <= 5;

create table attacks_daily as
select domain, event_date, attack, count(*) as events, count(*) filter (action <> 'allow') as flagged,
    count(*) filter (is_alert) as alerted
from decisions
join labels using (event_id)
group by all;

create table books as
with scored as (select domain, count(*) as scored from decisions group by domain),
refused as (
    select domain, count(*) as quarantined, count(*) filter (reason = 'duplicate') as duplicates,
        count(*) filter (reason <> 'duplicate' and nth % 4 = 0) as released
    from refused_parts
    group by domain
)
select timestamp '2026-03-14 00:05:00' as checked_at, domain, scored + quarantined as raw,
    scored + quarantined as parts, scored, quarantined, duplicates,
    released, 0::bigint as pending, 0::bigint as missing,
    0::bigint as doubled, 0::bigint as orphans, true as balanced
from scored
join refused using (domain);

create table checks as
select timestamp '2026-03-14 00:05:00' as checked_at, * from (
    values
    ('payments', 'scored/payments', 'expect_column_values_to_be_unique(event_id)', true, '0 repeated', 'unique', 0::bigint, 'payments', 'critical'),
    ('payments', 'scored/payments', 'expect_column_values_to_be_between(score)', true, '0..100', '0..100', 0, 'payments', 'critical'),
    ('payments', 'quarantine/payments', 'invalid rate under the limit', false, '3.1 %', 'at most 2 %', 187, 'payments', 'critical'),
    ('payments', 'scored/payments', 'event_id_is_not_reused_on_another_day', false, '2', 'one event_date per event_id', 2, 'payments', 'warning'),
    ('crypto', 'scored/crypto', 'expect_column_values_to_not_be_null(from_address)', true, '0 null', 'no null', 0, 'crypto', 'critical')
) as t (domain, table_name, check_name, success, observed, expected, failed_rows, suite, severity);

create table lake_versions as
select * , timestamp '2026-03-14 00:06:00' as built_at from (
    values ('scored', 'payments', 41::bigint), ('scored', 'crypto', 17), ('quarantine', 'payments', 23), ('quarantine', 'crypto', 9)
) as t (zone, name, version);
