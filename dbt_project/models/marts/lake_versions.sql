{% set versions = fromjson(env_var('WEIR_LAKE_VERSIONS', '{}')) %}

with pinned as (

    {% for table, version in versions.items() %}
    select
        -- Redshift has no type for a bare text or null in a common table expression
        cast('{{ table.split("/")[0] }}' as varchar(256)) as zone,
        cast('{{ table.split("/")[1] }}' as varchar(256)) as name,
        cast({{ 'null' if version is none else version }} as bigint) as version
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as varchar(256)) as zone,
        cast(null as varchar(256)) as name,
        cast(null as bigint) as version
    where false
    {% endfor %}

)

select
    zone,
    name,
    version,
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp) as built_at
from pinned
