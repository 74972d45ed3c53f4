with source as (

    {{ union_domains(
        'quarantine',
        'source, "partition", "position", part, seq, event_id, event_type, reason, detail, received_at, received_date,
         batch_id'
    ) }}

),

renamed as (

    select
        domain,
        source,
        "partition",
        "position",
        part,
        seq,
        event_id,
        coalesce(event_type, 'unknown') as event_type,
        reason,
        reason = 'duplicate' as is_duplicate,
        {{ reasons_json('detail') }} as faults,
        {{ utc('received_at') }} as received_at,
        received_date,
        batch_id
    from source

)

select * from renamed
