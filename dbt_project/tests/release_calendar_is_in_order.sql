-- A month is over before its figures are formal, and they are formal before they are final.
select
    month,
    formal_from,
    final_from
from {{ ref('release_calendar') }}
where formal_from <= {{ last_day_of('month') }} or final_from < formal_from
