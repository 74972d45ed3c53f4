with source as (

    select * from {{ source('lake', 'quality_books') }}

),

renamed as (

    select
        domain,
        {{ utc('checked_at') }} as checked_at,
        raw,
        parts,
        scored,
        quarantined,
        duplicates,
        pending,
        missing,
        doubled,
        balanced
    from source

)

select * from renamed
