{{ config(materialized='table', post_hook='analyze {{ this }}') }}

-- The clock is the data: the same data give the same stages, whenever they are built.
with cutoff as (
    select max(last_date) as data_cutoff
    from {{ ref('int_sales__months') }}
)

select
    calendar.month,
    calendar.formal_from,
    calendar.final_from,
    case
        when cutoff.data_cutoff >= calendar.final_from then 'final'
        when cutoff.data_cutoff >= calendar.formal_from then 'formal'
        else 'flash'
    end as stage
from {{ ref('release_calendar') }} as calendar
cross join cutoff
