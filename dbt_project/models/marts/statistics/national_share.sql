with levels as (
    select
        hs_level,
        digits
    from (values ('hs8', 8), ('hs6', 6)) as known (hs_level, digits)
),

denominators as (
    select denominator from (values ('china'), ('province')) as known (denominator)
),

product_groups as (
    select * from {{ ref('product_groups') }}
),

exports as (
    select
        sales.month,
        sales.hs_code,
        sales.market_code,
        sales.value_cny,
        sales.value_usd,
        sales.quantity,
        sales.line_count,
        sales.quantified_line_count,
        product_groups.quantity_unit
    from {{ ref('int_sales__by_item') }} as sales
    left join product_groups on sales.product_group = product_groups.product_group
    where sales.basis = 'customs' and sales.market_group <> 'DOMESTIC'
),

statistics as (
    select * from {{ ref('int_statistics__exports') }}
),

-- A six-digit total needs all its eight-digit codes that are known of, exported by the cluster or in the statistics.
codes as (
    select
        month,
        hs_code
    from statistics
    where market_code = 'ALL'
    union
    select
        month,
        left(hs_code, 8) as hs_code
    from exports
),

coverage as (
    select
        codes.month,
        denominators.denominator,
        levels.hs_level,
        left(codes.hs_code, levels.digits) as hs_code,
        bool_and(totals.value_cny is not null) as has_total_cny,
        bool_and(totals.value_usd is not null) as has_total_usd,
        bool_and(coalesce(totals.has_markets_cny, false)) as has_markets_cny,
        bool_and(coalesce(totals.has_markets_usd, false)) as has_markets_usd
    from codes
    cross join levels
    cross join denominators
    left join statistics as totals
        on
            codes.month = totals.month
            and codes.hs_code = totals.hs_code
            and denominators.denominator = totals.denominator
            and totals.market_code = 'ALL'
    group by codes.month, denominators.denominator, levels.hs_level, left(codes.hs_code, levels.digits)
),

national as (
    select
        statistics.month,
        statistics.denominator,
        levels.hs_level,
        left(statistics.hs_code, levels.digits) as hs_code,
        statistics.market_code,
        sum(statistics.value_cny) as value_cny,
        sum(statistics.value_usd) as value_usd,
        {{ complete_sum('statistics.quantity') }} as quantity,
        min(product_groups.quantity_unit) as quantity_unit,
        max(product_groups.quantity_unit) as other_quantity_unit
    from statistics
    cross join levels
    left join product_groups on statistics.product_group = product_groups.product_group
    group by
        statistics.month, statistics.denominator, levels.hs_level, left(statistics.hs_code, levels.digits),
        statistics.market_code
),

cluster as (
    select
        exports.month,
        levels.hs_level,
        left(exports.hs_code, levels.digits) as hs_code,
        case when grouping(exports.market_code) = 1 then 'ALL' else exports.market_code end as market_code,
        sum(exports.value_cny) as value_cny,
        {{ complete_sum('exports.value_usd') }} as value_usd,
        case
            when
                sum(exports.quantified_line_count) = sum(exports.line_count)
                and min(exports.quantity_unit) = max(exports.quantity_unit)
                then sum(exports.quantity)
        end as quantity,
        min(exports.quantity_unit) as quantity_unit
    from exports
    cross join levels
    group by
        exports.month, levels.hs_level, left(exports.hs_code, levels.digits),
        grouping sets ((), (exports.market_code))
),

compared as (
    select
        cluster.month,
        cluster.hs_level,
        cluster.hs_code,
        series.name_zh,
        products.product_group,
        cluster.market_code,
        denominators.denominator,
        cluster.value_cny,
        cluster.value_usd,
        cluster.quantity,
        cluster.quantity_unit,
        -- A market that is not in a download split by market received nothing.
        case
            when cluster.market_code = 'ALL' and coverage.has_total_cny then national.value_cny
            when cluster.market_code <> 'ALL' and coverage.has_markets_cny then coalesce(national.value_cny, 0)
        end as denominator_value_cny,
        case
            when cluster.market_code = 'ALL' and coverage.has_total_usd then national.value_usd
            when cluster.market_code <> 'ALL' and coverage.has_markets_usd then coalesce(national.value_usd, 0)
        end as denominator_value_usd,
        case
            when
                (cluster.market_code = 'ALL' and (coverage.has_total_cny or coverage.has_total_usd))
                or (cluster.market_code <> 'ALL' and (coverage.has_markets_cny or coverage.has_markets_usd))
                then
                    case
                        when national.hs_code is null then 0
                        when
                            national.quantity_unit = cluster.quantity_unit
                            and national.other_quantity_unit = cluster.quantity_unit
                            then national.quantity
                    end
        end as denominator_quantity,
        series.is_series_break,
        series.series_break_reason
    from cluster
    cross join denominators
    inner join coverage
        on
            cluster.month = coverage.month
            and denominators.denominator = coverage.denominator
            and cluster.hs_level = coverage.hs_level
            and cluster.hs_code = coverage.hs_code
    left join national
        on
            cluster.month = national.month
            and denominators.denominator = national.denominator
            and cluster.hs_level = national.hs_level
            and cluster.hs_code = national.hs_code
            and cluster.market_code = national.market_code
    left join {{ ref('int_products__hs_codes') }} as products on cluster.hs_code = products.hs_code
    left join {{ ref('int_products__hs_series') }} as series
        on
            cluster.hs_code = series.hs_code
            and (series.valid_from is null or cluster.month >= series.valid_from)
            and (series.valid_to is null or cluster.month < series.valid_to)
),

shares as (
    select
        *,
        {{ share('value_cny', 'denominator_value_cny') }} as share,
        {{ share('value_usd', 'denominator_value_usd') }} as share_usd,
        {{ share('quantity', 'denominator_quantity') }} as quantity_share
    from compared
),

staged as (
    {{ with_stage('shares', 'month') }}
)

select
    month,
    hs_level,
    hs_code,
    name_zh,
    product_group,
    market_code,
    denominator,
    value_cny,
    denominator_value_cny,
    share,
    case
        when denominator_value_cny is null then 'no_statistics'
        when denominator_value_cny = 0 then 'zero_denominator'
    end as share_reason,
    coalesce(share > 1, false) as is_share_above_one,
    value_usd,
    denominator_value_usd,
    share_usd,
    case
        when denominator_value_usd is null then 'no_statistics'
        when denominator_value_usd = 0 then 'zero_denominator'
    end as share_usd_reason,
    quantity,
    denominator_quantity,
    quantity_unit,
    quantity_share,
    case
        when quantity is null then 'no_quantity'
        when denominator_value_cny is null and denominator_value_usd is null then 'no_statistics'
        when denominator_quantity is null then 'no_statistics_quantity'
        when denominator_quantity = 0 then 'zero_denominator'
    end as quantity_share_reason,
    is_series_break,
    series_break_reason,
    stage
from staged
