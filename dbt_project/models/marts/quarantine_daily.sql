{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['domain', 'received_date'],
    on_schema_change='fail',
) }}

with parts as (

    select * from {{ ref('stg_quarantined_parts') }}

)

{% if is_incremental() %}
,

touched_days as ({{ touched('parts', ['domain', 'received_date']) }})
{% endif %}

select
    domain,
    received_date,
    reason,
    count(*) as parts,
    max(batch_id) as batch_id
from parts
{% if is_incremental() %}
inner join touched_days using (domain, received_date)
{% endif %}
group by domain, received_date, reason
