{# fails when an aggregate over the model differs from one over another relation; null counts as 0 #}
{% test same_total(model, total, other, other_total) %}
    with here as (select coalesce({{ total }}, 0) as total from {{ model }}),

    there as (select coalesce({{ other_total }}, 0) as total from {{ other }})

    select here.total, there.total as other_total
    from here
    inner join there on here.total <> there.total
{% endtest %}
