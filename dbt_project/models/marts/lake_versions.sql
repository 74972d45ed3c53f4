{% set versions = fromjson(env_var('WEIR_LAKE_VERSIONS', '{}')) %}

with pinned as (

    {% for table, version in versions.items() %}
    select
        '{{ table.split("/")[0] }}' as zone,
        '{{ table.split("/")[1] }}' as name,
        {{ 'null' if version is none else version }} as version
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select null as zone, null as name, null as version where false
    {% endfor %}

)

select
    cast(zone as varchar(256)) as zone,
    cast(name as varchar(256)) as name,
    cast(version as bigint) as version,
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp) as built_at
from pinned
