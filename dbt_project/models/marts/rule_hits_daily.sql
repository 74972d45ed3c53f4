{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['domain', 'event_date'],
    on_schema_change='fail',
) }}

with decisions as (

    select * from {{ ref('decisions') }} where rules_hit > 0

),

{% if is_incremental() %}
touched_days as ({{ touched('decisions', ['domain', 'event_date']) }}),
{% endif %}

days as (

    select domain, event_date, ruleset, rules_hit, batch_id, reasons
    from decisions
    {% if is_incremental() %}
    inner join touched_days using (domain, event_date)
    {% endif %}

),

hits as (

    {{ exploded_reasons('days', ['domain', 'event_date', 'ruleset', 'rules_hit', 'batch_id']) }}

)

select
    domain,
    event_date,
    ruleset,
    rule,
    count(*) as hits,
    {{ total('points') }} as points_total,
    {{ total_where("rules_hit = 1") }} as sole_hits,
    max(batch_id) as batch_id
from hits
where rule <> 'cap'
group by domain, event_date, ruleset, rule
