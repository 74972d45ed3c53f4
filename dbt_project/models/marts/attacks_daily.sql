with labels as (

    select
        *,
        row_number() over (partition by domain, event_id order by labeled_at desc, source) as place
    from {{ ref('stg_labels') }}

),

attacks as (

    select domain, event_id, attack from labels where place = 1 and is_fraud

),

decisions as (

    select * from {{ ref('decisions') }}

)

select
    decisions.domain,
    decisions.event_date,
    attacks.attack,
    count(*) as events,
    {{ total_where("decisions.action <> 'allow'") }} as flagged,
    {{ total_where("decisions.is_alert") }} as alerted
from attacks
inner join decisions
    on attacks.domain = decisions.domain
    and attacks.event_id = decisions.event_id
group by decisions.domain, decisions.event_date, attacks.attack
