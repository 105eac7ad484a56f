with span as (
    select
        min(month) as first_month,
        max(month) as last_month
    from {{ ref('int_sales__months') }}
),

months as (
    select cast(series.month as date) as month
    from span
    cross join {{ months_between('span.first_month', 'span.last_month') }} as series (month)
),

staged as (
    {{ with_stage('months', 'month') }}
)

select
    months.month,
    cast(extract(year from months.month) as integer) as year,
    cast(extract(quarter from months.month) as integer) as quarter,
    cast(extract(month from months.month) as integer) as month_of_year,
    {{ last_day_of('months.month') }} - months.month + 1 as days,
    calendar.working_days,
    calendar.lunar_new_year,
    calendar.lunar_new_year is not null as has_lunar_new_year,
    releases.formal_from,
    releases.final_from,
    months.stage
from staged as months
left join {{ ref('calendar_months') }} as calendar on months.month = calendar.month
left join {{ ref('release_calendar') }} as releases on months.month = releases.month
