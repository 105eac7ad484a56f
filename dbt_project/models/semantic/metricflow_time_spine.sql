with span as (
    select
        min(month) as first_month,
        max(month) as last_month
    from {{ ref('int_sales__months') }}
)

select cast(series.day as date) as day
from span
cross join
    generate_series(
        cast(span.first_month as timestamp),
        cast({{ last_day_of('span.last_month') }} as timestamp),
        interval '1 day'
    ) as series (day)
