with messages as (

    select * from {{ ref('stg_messages') }}

),

renamed as (

    -- a copy's source is its original's behind 'release:'
    select
        domain,
        substring(source, 9) as source,
        "partition",
        "position"
    from messages
    where source like 'release:%'

)

select * from renamed
