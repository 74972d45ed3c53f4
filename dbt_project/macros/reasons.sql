{# Reasons are JSON text in the marts, [{"rule", "points", "text"}, ...]; a negative `cap` entry is no rule. #}

{% macro exploded_reasons(relation, columns) %}
{{ adapter.dispatch('exploded_reasons', 'weir')(relation, columns) }}
{% endmacro %}

{# -> one row a reason: the columns asked for, place (from 1, in the ruleset's order), rule, points #}
{% macro duckdb__exploded_reasons(relation, columns) %}
    select {{ columns | join(', ') }}, place, reason.rule as rule, reason.points as points
    from (
        select
            {{ columns | join(', ') }},
            unnest(from_json(reasons, '[{"rule": "varchar", "points": "integer"}]')) as reason,
            generate_subscripts(from_json(reasons, '[{"rule": "varchar", "points": "integer"}]'), 1) as place
        from {{ relation }}
    ) as exploded
{% endmacro %}

{% macro default__exploded_reasons(relation, columns) %}
    select
        {% for column in columns %}parsed.{{ column }}, {% endfor %}
        place + 1 as place,
        cast(reason.rule as varchar(256)) as rule,
        cast(reason.points as integer) as points
    from (
        select {{ columns | join(', ') }}, json_parse(reasons) as parsed_reasons from {{ relation }}
    ) as parsed, parsed.parsed_reasons as reason at place
{% endmacro %}
