with source as (

    {{ union_domains('raw', 'source, "partition", "position", received_at, received_date, seq') }}

),

renamed as (

    select
        domain,
        source,
        "partition",
        "position",
        {{ utc('received_at') }} as received_at,
        received_date,
        seq
    from source

)

select * from renamed
