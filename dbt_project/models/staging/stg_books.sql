with source as (

    select * from {{ source('lake', 'quality_books') }}

),

renamed as (

    select
        domain,
        {{ utc('checked_at') }} as checked_at,
        "raw",
        parts,
        scored,
        quarantined,
        duplicates,
        coalesce(released, 0) as released,
        pending,
        missing,
        doubled,
        orphans,
        balanced
    from source

)

select * from renamed
