{# a sum of whole numbers as bigint: DuckDB's own would be hugeint, Redshift's numeric #}
{% macro total(expression) %}cast(coalesce(sum({{ expression }}), 0) as bigint){% endmacro %}

{# how many rows a condition is true for #}
{% macro total_where(condition) %}{{ total('case when ' ~ condition ~ ' then 1 else 0 end') }}{% endmacro %}
