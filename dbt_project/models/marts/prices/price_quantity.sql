with period_months as (
    select * from {{ ref('int_sales__period_months') }}
    where period_type in ('month', 'ytd', 'janfeb')
),

items as (
    select
        period_months.basis,
        period_months.period_type,
        period_months.first_month,
        period_months.last_month,
        period_months.has_base,
        period_months.base_reason,
        sales.product_group,
        sales.hs_code,
        sales.market_code,
        coalesce(sum(sales.value_cny) filter (where not period_months.is_base), 0) as value_cny,
        coalesce(sum(sales.value_cny) filter (where period_months.is_base), 0) as base_value_cny,
        coalesce(sum(sales.quantified_value_cny) filter (where not period_months.is_base), 0) as v1,
        coalesce(sum(sales.quantified_value_cny) filter (where period_months.is_base), 0) as v0,
        coalesce(sum(sales.quantity) filter (where not period_months.is_base), 0) as q1,
        coalesce(sum(sales.quantity) filter (where period_months.is_base), 0) as q0,
        coalesce(sum(sales.lines_without_rate) filter (where not period_months.is_base), 0) as lines_without_rate,
        coalesce(sum(sales.lines_without_rate) filter (where period_months.is_base), 0) as base_lines_without_rate
    from period_months
    inner join {{ ref('int_sales__by_item') }} as sales
        on period_months.basis = sales.basis and period_months.month = sales.month
    group by
        period_months.basis, period_months.period_type, period_months.first_month, period_months.last_month,
        period_months.has_base, period_months.base_reason, sales.product_group, sales.hs_code, sales.market_code
),

valued_items as (
    select
        *,
        sum(lines_without_rate + base_lines_without_rate) over (
            partition by basis, period_type, first_month, product_group
        ) = 0 as is_valued
    from items
),

relatives as (
    select
        *,
        -- A period without a month of it, or of its base, has no items to compare; nor has a product whose
        -- prices are not all known.
        base_reason is null and is_valued and least(v0, v1, q0, q1) > 0 as is_in_both,
        case when least(v0, v1, q0, q1) > 0 then v1 * q0 / (q1 * v0) end as price_relative
    from valued_items
),

-- A unit value that trebled is another good, or a slip of the unit: it says nothing of prices.
judged as (
    select
        *,
        is_in_both
        and v1 * q0 <= {{ var('unit_value_bound') }} * v0 * q1
        and v0 * q1 <= {{ var('unit_value_bound') }} * v1 * q0 as is_matched
    from relatives
),

measured as (
    select
        judged.*,
        {{ market_group_of() }} as market_group,
        case when judged.is_matched then {{ revalued('q0', 'v1', 'q1') }} end as p1q0,
        case when judged.is_matched then {{ revalued('q1', 'v0', 'q0') }} end as p0q1,
        case when judged.is_matched then ln(judged.price_relative) end as price_log
    from judged
    {{ join_market_membership(country_of_market('judged.market_code'), last_day_of('judged.last_month')) }}
),

summed as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        has_base,
        base_reason,
        product_group,
        case when grouping(market_group) = 1 then 'all' else 'group' end as market_level,
        market_group,
        bool_and(is_valued) as is_valued,
        cast(sum(lines_without_rate) as bigint) as lines_without_rate,
        case when has_base then cast(sum(base_lines_without_rate) as bigint) end as base_lines_without_rate,
        sum(value_cny) as value_cny,
        case when has_base then sum(base_value_cny) end as base_value_cny,
        count(*) filter (where is_matched) as matched_items,
        count(*) filter (where is_in_both and not is_matched) as trimmed_items,
        coalesce(sum(v1) filter (where is_in_both and not is_matched), 0) as trimmed_value_cny,
        coalesce(sum(v1) filter (where is_matched), 0) as v1,
        coalesce(sum(v0) filter (where is_matched), 0) as v0,
        coalesce(sum(q1) filter (where is_matched), 0) as q1,
        coalesce(sum(q0) filter (where is_matched), 0) as q0,
        sum(p1q0) as p1q0,
        sum(p0q1) as p0q1,
        sum(v0 * price_log) filter (where is_matched) as v0_logs,
        sum(v1 * price_log) filter (where is_matched) as v1_logs
    from measured
    group by
        basis, period_type, first_month, last_month, has_base, base_reason, product_group,
        grouping sets ((), (market_group))
),

staged as (
    {{ with_stage('summed', 'last_month') }}
)

select
    summed.period_type,
    summed.first_month as period_start,
    {{ last_day_of('summed.last_month') }} as period_end,
    summed.basis,
    summed.product_group,
    summed.market_level,
    summed.market_group,
    summed.value_cny,
    summed.base_value_cny,
    summed.v1 as matched_value_cny,
    summed.v0 as base_matched_value_cny,
    case when summed.is_valued then {{ share('summed.v1', 'summed.value_cny') }} end as matched_share,
    case
        when not summed.is_valued then 'no_exchange_rate'
        when summed.value_cny = 0 then 'zero_denominator'
    end as matched_share_reason,
    summed.matched_items,
    summed.trimmed_items,
    summed.trimmed_value_cny,
    product_groups.quantity_unit,
    summed.q1 as matched_quantity,
    summed.q0 as base_matched_quantity,
    {{ index_number('summed.v1', 'summed.q1') }} as unit_value_cny,
    {{ index_number('summed.v0', 'summed.q0') }} as base_unit_value_cny,
    {{ index_number('summed.v1', 'summed.v0') }} as value_index,
    {{ index_number('summed.p1q0', 'summed.v0') }} as laspeyres_price_index,
    {{ index_number('summed.v1', 'summed.p0q1') }} as paasche_price_index,
    {{ fisher_price('summed.v0', 'summed.v1', 'summed.p1q0', 'summed.p0q1') }} as fisher_price_index,
    {{ tornqvist_price('summed.v0', 'summed.v1', 'summed.v0_logs', 'summed.v1_logs') }} as tornqvist_price_index,
    {{ index_number('summed.p0q1', 'summed.v0') }} as laspeyres_quantity_index,
    {{ index_number('summed.v1', 'summed.p1q0') }} as paasche_quantity_index,
    {{ fisher_quantity('summed.v0', 'summed.v1', 'summed.p1q0', 'summed.p0q1') }} as fisher_quantity_index,
    {{ bennet_price_effect('summed.v0', 'summed.v1', 'summed.p1q0', 'summed.p0q1') }} as price_effect_cny,
    {{ bennet_quantity_effect('summed.v0', 'summed.v1', 'summed.p1q0', 'summed.p0q1') }} as quantity_effect_cny,
    case
        when summed.base_reason is not null then summed.base_reason
        when product_groups.quantity_unit is null then 'no_common_unit'
        when not summed.is_valued then 'no_exchange_rate'
        when summed.matched_items = 0 then 'no_matched_items'
    end as index_reason,
    periods.comparability_reason is null as is_comparable,
    periods.comparability_reason,
    coalesce(summed.base_value_cny < {{ var('low_base_cny') }}, false) as is_low_base,
    summed.stage,
    summed.lines_without_rate,
    summed.base_lines_without_rate
from staged as summed
inner join {{ ref('int_sales__periods') }} as periods
    on
        summed.basis = periods.basis
        and summed.period_type = periods.period_type
        and summed.first_month = periods.first_month
left join {{ ref('product_groups') }} as product_groups on summed.product_group = product_groups.product_group
