{# Incremental models go by batch_id, the order of arrival: a late event has an old occurred_at, never an old batch. #}

{# a where clause over a lake table: only rows of batches that `this` does not hold yet. The number is put in as a
   literal, so that files of older batches are not even opened #}
{% macro where_new_batches(domain=none) %}
    {% if execute and is_incremental() %}
        {% set newest %}
            select coalesce(max(batch_id), -1) from {{ this }}
            {% if domain %} where domain = '{{ domain }}' {% endif %}
        {% endset %}
        {# where there is no database to ask, the question stands for its answer: so it is parsed too #}
        where batch_id > {{ run_query(newest).columns[0].values()[0] if flags.INTROSPECT else '(' ~ newest ~ ')' }}
    {% endif %}
{% endmacro %}

{# -> the distinct values of `columns` in rows not older than the newest that `this` holds of the domain, by `newness`,
   which `this` has under the name `held` #}
{% macro touched(relation, columns, newness='batch_id', held=none) %}
    select distinct {{ columns | join(', ') }}
    from {{ relation }}
    left join (
        select domain as built_domain, max({{ held or newness }}) as newest from {{ this }} group by domain
    ) as built
        on domain = built_domain
    {# a batch is in quarantine before it is in scored: the newest that is known may have been half there #}
    where {{ newness }} >= coalesce(newest, -1)
{% endmacro %}

{# dbt's own asks the database whether the table is there: a compilation without a database is told by a variable #}
{% macro is_incremental() %}
    {{ return(dbt.is_incremental() if flags.INTROSPECT else var('as_if_added_to', false)) }}
{% endmacro %}
