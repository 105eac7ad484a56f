select
    period_start as month,
    product_group as product,
    growth_comparable,
    comparison_basis,
    value_cny,
    base_value_cny,
    case comparison_basis
        when 'festival_adjusted' then festival_base_value_cny
        when 'working_day' then round(base_value_cny * working_days / base_working_days, 2)
        when 'janfeb' then null
        else base_value_cny
    end as compared_value_cny,
    working_days,
    base_working_days,
    growth_yoy,
    growth_comparable_reason,
    growth_reason,
    stage,
    (period_start - interval '12 months')::date as base_month,
    array(
        select month::date
        from generate_series(date_trunc('month', festival_base_start), festival_base_end, interval '1 month') as month
    ) as festival_base_months
from marts.growth
where basis = 'customs' and period_type = 'month' and market_level = 'group' and market_group = 'ASEAN'
order by product_group, period_start
