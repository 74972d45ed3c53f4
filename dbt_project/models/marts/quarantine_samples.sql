with parts as (

    select * from {{ ref('stg_quarantined_parts') }}

),

released as (

    select *, 1 as is_released from {{ ref('stg_released_messages') }}

),

waiting as (

    select
        parts.*,
        row_number() over (
            partition by parts.domain, parts.received_date, parts.reason
            order by parts.seq desc, parts.part
        ) as place
    from parts
    left join released
        on parts.domain = released.domain
        and parts.source = released.source
        and parts."partition" = released."partition"
        and parts."position" = released."position"
    where released.is_released is null

)

select
    domain,
    received_date,
    reason,
    place,
    event_id,
    event_type,
    faults,
    source,
    "partition",
    "position",
    part,
    received_at
from waiting
where place <= {{ var('samples_kept') }}
