{# fails with each row for which the expression is not true; null is not true #}
{% test holds(model, expression) %}
    select * from {{ model }} where coalesce(not ({{ expression }}), true)
{% endtest %}
