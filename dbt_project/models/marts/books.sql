with books as (

    select
        *,
        row_number() over (partition by domain order by checked_at desc) as place
    from {{ ref('stg_books') }}

)

select
    domain,
    checked_at,
    "raw",
    parts,
    scored,
    quarantined,
    duplicates,
    released,
    pending,
    missing,
    doubled,
    orphans,
    balanced
from books
where place = 1
