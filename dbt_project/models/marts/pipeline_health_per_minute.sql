{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['domain', 'minute'],
    on_schema_change='fail',
) }}

{% set only_touched = 'inner join touched_minutes using (domain, minute)' if is_incremental() else '' %}

with messages as (

    select *, date_trunc('minute', received_at) as minute from {{ ref('stg_messages') }}

),

scored as (

    select *, date_trunc('minute', received_at) as minute from {{ ref('decisions') }}

),

quarantined as (

    select *, date_trunc('minute', received_at) as minute from {{ ref('stg_quarantined_parts') }}

),

{% if is_incremental() %}
touched_minutes as (

    {{ touched('messages', ['domain', 'minute'], newness='seq') }}
    union
    {{ touched('scored', ['domain', 'minute']) }}
    union
    {# the lake may have been pinned when scored was batches ahead of quarantine #}
    {{ touched('quarantined', ['domain', 'minute'], held='quarantined_batch_id') }}

),
{% endif %}

judged as (

    select
        domain, minute, source, "partition", "position", event_type, batch_id, seq, lag_seconds,
        1 as scored, 0 as quarantined, 0 as duplicates
    from scored
    {{ only_touched }}
    union all
    select
        domain, minute, source, "partition", "position", event_type, batch_id, seq, null as lag_seconds,
        0 as scored, 1 as quarantined, case when is_duplicate then 1 else 0 end as duplicates
    from quarantined
    {{ only_touched }}

),

pending as (

    select messages.domain, messages.minute, messages.seq
    from messages
    {{ only_touched }}
    left join judged using (domain, minute, source, "partition", "position")
    where judged.scored is null

),

parts as (

    select domain, minute, event_type, batch_id, seq, lag_seconds, scored, quarantined, duplicates
    from judged
    union all
    select domain, minute, 'unknown', null, seq, null, 0, 0, 0
    from pending

)

select
    domain,
    minute,
    event_type,
    count(*) as received,
    {{ total('scored') }} as scored,
    {{ total('quarantined') }} as quarantined,
    {{ total('duplicates') }} as duplicates,
    {{ total('quarantined - duplicates') }} as invalid,
    cast({{ total('quarantined - duplicates') }} as double precision) / count(*) as invalid_rate,
    percentile_cont(0.5) within group (order by lag_seconds) as lag_seconds_p50,
    max(lag_seconds) as lag_seconds_max,
    max(batch_id) as batch_id,
    max(case when quarantined = 1 then batch_id end) as quarantined_batch_id,
    max(seq) as seq
from parts
group by domain, minute, event_type
