{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['domain', 'minute'],
    on_schema_change='fail',
) }}

with decisions as (

    select *, date_trunc('minute', occurred_at) as minute from {{ ref('decisions') }}

)

{% if is_incremental() %}
,

touched_minutes as ({{ touched('decisions', ['domain', 'minute']) }})
{% endif %}

select
    domain,
    minute,
    event_type,
    action,
    count(*) as decisions,
    {{ total('score') }} as score_total,
    max(batch_id) as batch_id
from decisions
{% if is_incremental() %}
inner join touched_minutes using (domain, minute)
{% endif %}
group by domain, minute, event_type, action
