{# every quarantined part, and whether its message was released: `is_released` is 1 or 0 #}
{% macro parts_with_release() %}
    select
        parts.*,
        coalesce(released.is_released, 0) as is_released
    from {{ ref('stg_quarantined_parts') }} as parts
    left join (select *, 1 as is_released from {{ ref('stg_released_messages') }}) as released
        on parts.domain = released.domain
        and parts.source = released.source
        and parts."partition" = released."partition"
        and parts."position" = released."position"
{% endmacro %}
