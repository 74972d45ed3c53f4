{# Written by `python -m dbt_project.sources` from weir/release.py: change that, not this file. #}
{% macro is_copy() %}source like 'release:%'{% endmacro %}
{% macro original() %}substr(source, 9){% endmacro %}
