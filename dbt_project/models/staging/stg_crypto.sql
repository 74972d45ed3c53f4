{{ config(enabled='crypto' in var('domains')) }}

with source as (

    select * from {{ source('lake', 'scored_crypto') }}

),

renamed as (

    select
        {{ decision_columns() }},
        user_id,
        from_address as address,
        coalesce(user_id, from_address) as subject,
        to_address as counterparty,
        cast(value as decimal(38, 4)) as amount,
        asset as unit,
        ip_address,
        device_id,
        cast(null as varchar) as country,
        value
    from source

)

select * from renamed
