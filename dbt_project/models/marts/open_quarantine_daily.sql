with parts as (

    {{ parts_with_release() }}

)

select
    domain,
    received_date,
    reason,
    count(*) as parts,
    {{ total('is_released') }} as released,
    {{ total_where('is_released = 0 and is_duplicate') }} as duplicates,
    {{ total_where('is_released = 0 and not is_duplicate') }} as "open"
from parts
group by domain, received_date, reason
