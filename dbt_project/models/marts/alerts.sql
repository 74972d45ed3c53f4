{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

with decisions as (

    select * from {{ ref('decisions') }}

)

{% if is_incremental() %}
,

built as (

    select domain, max(batch_id) as newest_batch from {{ this }} group by domain

)
{% endif %}

select
    decisions.domain,
    decisions.event_id,
    decisions.event_type,
    decisions.occurred_at,
    decisions.event_date,
    decisions.subject,
    decisions.counterparty,
    decisions.amount,
    decisions.unit,
    decisions.ip_address,
    decisions.device_id,
    decisions.score,
    decisions.action,
    decisions.top_rule,
    decisions.rules_hit,
    decisions.reasons,
    decisions.ruleset,
    decisions.batch_id
from decisions
{% if is_incremental() %}
left join built on decisions.domain = built.domain
{% endif %}
where
    decisions.is_alert
    {% if is_incremental() %}
    and decisions.batch_id > coalesce(built.newest_batch, -1)
    {% endif %}
