with messages as (

    select * from {{ ref('stg_messages') }}

),

renamed as (

    select
        domain,
        {{ original() }} as source,
        "partition",
        "position"
    from messages
    where {{ is_copy() }}

)

select * from renamed
