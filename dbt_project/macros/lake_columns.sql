{# The lake's columns as both warehouses read them. Each macro has a DuckDB and a Redshift side. #}

{% macro utc(column) %}{{ adapter.dispatch('utc', 'weir')(column) }}{% endmacro %}

{# the lake's timestamps carry a zone in DuckDB, none in Spectrum: the marts hold UTC without one #}
{% macro default__utc(column) %}{{ column }}{% endmacro %}
{% macro duckdb__utc(column) %}{{ column }} at time zone 'UTC'{% endmacro %}

{% macro reasons_json(column) %}{{ adapter.dispatch('reasons_json', 'weir')(column) }}{% endmacro %}

{# Spectrum hands an array out as JSON text under json_serialization_enable, which dbt_project.yml sets #}
{% macro default__reasons_json(column) %}cast({{ column }} as varchar(65535)){% endmacro %}
{% macro duckdb__reasons_json(column) %}cast(to_json({{ column }}) as varchar){% endmacro %}

{% macro seconds_between(start, end) -%}
    cast({{ dbt.datediff(start, end, 'microsecond') }} as double precision) / 1000000
{%- endmacro %}

{# the columns that each domain's staging model takes over from scored as they are #}
{% macro decision_columns() %}
    event_id,
    event_type,
    {{ utc('occurred_at') }} as occurred_at,
    event_date,
    score,
    action,
    {{ reasons_json('reasons') }} as reasons,
    ruleset,
    pack,
    model,
    source,
    "partition",
    "position",
    part,
    seq,
    batch_id,
    is_late,
    {{ utc('received_at') }} as received_at,
    {{ utc('scored_at') }} as scored_at
{% endmacro %}
