-- A month that the calendar lacks would stay flash: `python -m include.seeds.release_calendar` adds it.
select months.month
from {{ ref('int_sales__months') }} as months
left join {{ ref('release_calendar') }} as calendar on months.month = calendar.month
where calendar.month is null
