{{ config(
    enabled='crypto' in var('domains'),
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['event_date'],
    on_schema_change='fail',
) }}

with transfers as (

    select
        event_date, occurred_at, batch_id,
        address as from_address,
        counterparty as to_address,
        unit as asset,
        value,
        case when action in ('{{ var("alert_actions") | join("', '") }}') then 1 else 0 end as is_alert
    from {{ ref('stg_crypto') }}

),

{% if is_incremental() %}
touched_days as (

    select distinct event_date from {{ ref('stg_crypto') }} {{ where_new_batches() }}

),
{% endif %}

days as (

    select * from transfers
    {% if is_incremental() %}
    inner join touched_days using (event_date)
    {% endif %}

),

sides as (

    select
        from_address as address, to_address as counterparty, asset, event_date, occurred_at, batch_id,
        is_alert,
        1 as sent, 0 as received, value as value_sent, cast(0 as decimal(38, 0)) as value_received
    from days
    where from_address is not null
    union all
    select
        to_address as address, from_address as counterparty, asset, event_date, occurred_at, batch_id,
        -- a transfer to oneself is one event, counted on the other side
        case when from_address = to_address then 0 else is_alert end as is_alert,
        0 as sent, 1 as received, cast(0 as decimal(38, 0)) as value_sent, value as value_received
    from days
    where to_address is not null

)

select
    address,
    asset,
    event_date,
    {{ total('sent') }} as transfers_sent,
    {{ total('received') }} as transfers_received,
    cast(coalesce(sum(value_sent), 0) as decimal(38, 0)) as value_sent,
    cast(coalesce(sum(value_received), 0) as decimal(38, 0)) as value_received,
    count(distinct case when counterparty <> address then counterparty end) as counterparties,
    {{ total('is_alert') }} as alerts,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    max(batch_id) as batch_id
from sides
group by address, asset, event_date
