-- each decision whose reasons, the cap included, give another sum than its score
with decisions as (

    select * from {{ ref('decisions') }}

),

explained as (

    select * from decisions where reasons <> '[]'

),

reasons as (

    {{ exploded_reasons('explained', ['domain', 'seq', 'part', 'reasons']) }}

),

sums as (

    select domain, seq, part, sum(points) as points_total from reasons group by domain, seq, part

)

select decisions.domain, decisions.event_id, decisions.score, sums.points_total
from decisions
left join sums
    on decisions.domain = sums.domain
    and decisions.seq = sums.seq
    and decisions.part = sums.part
where decisions.score <> coalesce(sums.points_total, 0)
