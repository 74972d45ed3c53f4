with source as (

    select * from {{ source('lake', 'quality_checks') }}

),

renamed as (

    select
        domain,
        table_name,
        suite,
        check_name,
        {{ utc('checked_at') }} as checked_at,
        success,
        observed,
        expected,
        failed_rows,
        coalesce(severity, 'critical') as severity
    from source

)

select * from renamed
