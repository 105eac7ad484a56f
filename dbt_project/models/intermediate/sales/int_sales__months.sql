{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with sales as (
    select
        basis,
        month,
        max(last_date) as last_date
    from {{ ref('int_sales__monthly') }}
    group by basis, month
),

months as (
    select
        basis,
        month,
        max(last_date) over (partition by basis) as last_date,
        -- Only a sale on a month's last day or later shows that the month is over.
        {{ last_day_of('month') }} <= max(last_date) over (partition by basis) as is_finished
    from sales
)

select * from months
