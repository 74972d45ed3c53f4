with source as (

    {{ union_domains('raw', 'source, "partition", "position", received_at, received_date, batch_id') }}

),

renamed as (

    select
        domain,
        source,
        "partition",
        "position",
        {{ utc('received_at') }} as received_at,
        received_date,
        batch_id
    from source

)

select * from renamed
