{{ config(enabled='payments' in var('domains')) }}

with source as (

    select * from {{ source('lake', 'scored_payments') }}

),

renamed as (

    select
        {{ decision_columns() }},
        user_id,
        cast(null as varchar) as address,
        user_id as subject,
        merchant_id as counterparty,
        cast(amount as decimal(38, 4)) as amount,
        currency as unit,
        ip_address,
        device_id,
        country
    from source

)

select * from renamed
