with parts as (

    select * from {{ ref('stg_quarantined_parts') }}

),

released as (

    select *, 1 as is_released from {{ ref('stg_released_messages') }}

),

counted as (

    select
        parts.domain,
        parts.received_date,
        parts.reason,
        parts.is_duplicate,
        coalesce(released.is_released, 0) as released
    from parts
    left join released
        on parts.domain = released.domain
        and parts.source = released.source
        and parts."partition" = released."partition"
        and parts."position" = released."position"

)

select
    domain,
    received_date,
    reason,
    count(*) as parts,
    {{ total('released') }} as released,
    {{ total_where('released = 0 and is_duplicate') }} as duplicates,
    {{ total_where('released = 0 and not is_duplicate') }} as open
from counted
group by domain, received_date, reason
