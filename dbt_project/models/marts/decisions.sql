{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

with events as (

    {% for domain in var('domains') %}
    select
        cast('{{ domain }}' as varchar(256)) as domain,
        event_id, event_type, occurred_at, event_date,
        user_id, address, subject, counterparty, amount, unit, ip_address, device_id, country,
        score, action, reasons, ruleset, pack, model,
        source, "partition", "position", part, seq, batch_id, is_late, received_at, scored_at
    from {{ ref('stg_' ~ domain) }}
    {{ where_new_batches(domain) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

reasons as (

    {{ exploded_reasons('events', ['domain', 'seq', 'part', 'reasons']) }}

),

ranked_rules as (

    select
        domain,
        seq,
        part,
        rule,
        row_number() over (partition by domain, seq, part order by points desc, place) as place_by_points,
        count(*) over (partition by domain, seq, part) as rules_hit
    from reasons
    where rule <> 'cap'

)

select
    events.domain,
    events.event_id,
    events.event_type,
    events.occurred_at,
    events.event_date,
    events.user_id,
    events.address,
    events.subject,
    events.counterparty,
    events.amount,
    events.unit,
    events.ip_address,
    events.device_id,
    events.country,
    events.score,
    events.action,
    events.action in ('{{ var("alert_actions") | join("', '") }}') as is_alert,
    ranked_rules.rule as top_rule,
    cast(coalesce(ranked_rules.rules_hit, 0) as integer) as rules_hit,
    events.reasons,
    events.ruleset,
    events.pack,
    events.model,
    events.source,
    events."partition",
    events."position",
    events.part,
    events.seq,
    events.batch_id,
    events.is_late,
    events.received_at,
    events.scored_at,
    {{ seconds_between('events.received_at', 'events.scored_at') }} as lag_seconds
from events
left join ranked_rules
    on events.domain = ranked_rules.domain
    and events.seq = ranked_rules.seq
    and events.part = ranked_rules.part
    and ranked_rules.place_by_points = 1
