{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['domain', 'minute'],
    on_schema_change='fail',
) }}

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

    {{ touched('messages', ['domain', 'minute'], built='raw_batch_id') }}
    union
    {{ touched('scored', ['domain', 'minute']) }}
    union
    {{ touched('quarantined', ['domain', 'minute']) }}

),
{% endif %}

judged as (

    select
        domain, minute, source, "partition", "position", event_type, batch_id, lag_seconds,
        1 as scored, 0 as quarantined, 0 as duplicates
    from scored
    union all
    select
        domain, minute, source, "partition", "position", event_type, batch_id, null as lag_seconds,
        0 as scored, 1 as quarantined, case when is_duplicate then 1 else 0 end as duplicates
    from quarantined

),

-- a message that is not judged yet counts as one part of unknown type
parts as (

    select
        domain,
        minute,
        coalesce(judged.event_type, 'unknown') as event_type,
        coalesce(judged.scored, 0) as scored,
        coalesce(judged.quarantined, 0) as quarantined,
        coalesce(judged.duplicates, 0) as duplicates,
        judged.lag_seconds,
        judged.batch_id,
        messages.batch_id as raw_batch_id
    from messages
    left join judged using (domain, minute, source, "partition", "position")
    {% if is_incremental() %}
    inner join touched_minutes using (domain, minute)
    {% endif %}

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
    max(raw_batch_id) as raw_batch_id
from parts
group by domain, minute, event_type
