with checks as (

    select
        *,
        rank() over (partition by domain, table_name, suite order by checked_at desc) as place
    from {{ ref('stg_checks') }}

)

-- a suite may judge one expectation several times, with other arguments: they are numbered
select
    domain,
    table_name,
    suite,
    check_name,
    cast(row_number() over (
        partition by domain, table_name, suite, check_name order by expected, observed
    ) as integer) as part,
    checked_at,
    success,
    observed,
    expected,
    failed_rows,
    severity
from checks
where place = 1
