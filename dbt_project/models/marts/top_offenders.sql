{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['domain', 'event_date'],
    on_schema_change='fail',
) }}

with decisions as (

    select * from {{ ref('decisions') }}

),

{% if is_incremental() %}
touched_days as ({{ touched('decisions', ['domain', 'event_date']) }}),
{% endif %}

days as (

    select domain, event_date, user_id, ip_address, device_id, address, is_alert, score, occurred_at, batch_id
    from decisions
    {% if is_incremental() %}
    inner join touched_days using (domain, event_date)
    {% endif %}

),

offences as (

    {% for type, column in {
        'user': 'user_id', 'ip': 'ip_address', 'device': 'device_id', 'address': 'address'
    }.items() %}
    select
        domain, event_date, cast('{{ type }}' as varchar(256)) as offender_type, {{ column }} as offender,
        is_alert, score, occurred_at, batch_id
    from days
    where {{ column }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

offenders as (

    select
        domain,
        event_date,
        offender_type,
        offender,
        count(*) as decisions,
        {{ total_where("is_alert") }} as alerts,
        {{ total('score') }} as score_total,
        max(occurred_at) as last_seen_at,
        max(batch_id) as batch_id
    from offences
    group by domain, event_date, offender_type, offender

),

ranked as (

    select
        *,
        row_number() over (
            partition by domain, event_date, offender_type
            order by score_total desc, alerts desc, offender
        ) as place
    from offenders
    where score_total > 0

)

select
    domain,
    event_date,
    offender_type,
    offender,
    decisions,
    alerts,
    score_total,
    last_seen_at,
    batch_id
from ranked
where place <= {{ var('offenders_kept') }}
