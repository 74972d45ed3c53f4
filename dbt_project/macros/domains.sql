{# one staging relation out of a zone's tables of every domain, with the domain's name in front #}
{% macro union_domains(zone, columns) %}
    {% for domain in var('domains') %}
    select cast('{{ domain }}' as varchar(256)) as domain, {{ columns }}
    from {{ source('lake', zone ~ '_' ~ domain) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{% endmacro %}
