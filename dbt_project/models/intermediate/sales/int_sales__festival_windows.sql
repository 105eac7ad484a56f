{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with months as (
    select * from {{ ref('int_sales__months') }}
),

new_years as (
    select
        cast(extract(year from month) as integer) as year,
        lunar_new_year
    from {{ ref('calendar_months') }}
    where lunar_new_year is not null
),

-- The same days of the lunar year: a year earlier, less or more what the festival moved.
windows as (
    select
        months.basis,
        months.month,
        months.month - (this_year.lunar_new_year - last_year.lunar_new_year) as base_start,
        {{ last_day_of('months.month') }} - (this_year.lunar_new_year - last_year.lunar_new_year) as base_end
    from months
    inner join new_years as this_year on extract(year from months.month) = this_year.year
    inner join new_years as last_year on this_year.year = last_year.year + 1
    where extract(month from months.month) in (1, 2)
),

judged as (
    select
        windows.basis,
        windows.month,
        windows.base_start,
        windows.base_end,
        -- A window lies in two months, or in one.
        bool_and(seen.month is not null) as has_base
    from windows
    cross join {{ months_between(month_of('windows.base_start'), 'windows.base_end') }} as needed (month)
    left join months as seen on windows.basis = seen.basis and cast(needed.month as date) = seen.month
    group by windows.basis, windows.month, windows.base_start, windows.base_end
)

select * from judged
