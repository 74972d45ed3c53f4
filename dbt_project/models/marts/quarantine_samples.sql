with parts as (

    {{ parts_with_release() }}

),

waiting as (

    select
        *,
        row_number() over (
            partition by domain, received_date, reason
            order by seq desc, part
        ) as place
    from parts
    where is_released = 0

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
