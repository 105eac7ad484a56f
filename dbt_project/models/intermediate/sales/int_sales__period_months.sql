{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with periods as (
    select * from {{ ref('int_sales__periods') }}
),

months as (
    select
        periods.basis,
        periods.period_type,
        periods.first_month,
        periods.last_month,
        cast(series.month as date) as month,
        false as is_base,
        periods.has_base,
        periods.base_reason
    from periods
    cross join {{ months_between('periods.first_month', 'periods.last_month') }} as series (month)
    union all
    select
        periods.basis,
        periods.period_type,
        periods.first_month,
        periods.last_month,
        cast(series.month as date) as month,
        true as is_base,
        periods.has_base,
        periods.base_reason
    from periods
    cross join {{ months_between('periods.base_first_month', 'periods.base_last_month') }} as series (month)
    where periods.has_base
)

select * from months
