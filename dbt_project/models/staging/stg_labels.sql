with source as (

    {{ union_domains('labels', 'event_id, is_fraud, attack, labeled_at, source') }}

),

renamed as (

    select
        domain,
        event_id,
        is_fraud,
        coalesce(attack, 'unnamed') as attack,
        {{ utc('labeled_at') }} as labeled_at,
        source
    from source

)

select * from renamed
