with decisions as (

    select * from {{ ref('decisions') }}

)

select
    domain,
    event_id,
    event_type,
    occurred_at,
    event_date,
    subject,
    counterparty,
    amount,
    unit,
    ip_address,
    device_id,
    score,
    action,
    top_rule,
    rules_hit,
    reasons,
    ruleset,
    batch_id
from decisions
where is_alert
