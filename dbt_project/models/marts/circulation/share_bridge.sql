with sides as (
    select
        month,
        product_group,
        coalesce(sum(value_cny) filter (where market_group = 'DOMESTIC'), 0) as domestic_value_cny,
        coalesce(sum(value_cny) filter (where market_group <> 'DOMESTIC'), 0) as export_value_cny,
        sum(value_cny) as total_value_cny,
        cast(sum(lines_without_rate) as bigint) as lines_without_rate
    from {{ ref('int_sales__cells') }}
    where basis = 'order_book' and market_level = 'group'
    group by month, product_group
),

order_months as (
    select
        month,
        is_finished
    from {{ ref('int_sales__months') }}
    where basis = 'order_book'
),

compared as (
    select
        sides.month,
        sides.product_group,
        comparisons.comparison,
        own_months.is_finished,
        sides.domestic_value_cny,
        sides.export_value_cny,
        sides.total_value_cny,
        -- A product without sales in a month that was recorded sold nothing.
        case when order_months.month is not null then coalesce(base.domestic_value_cny, 0) end
            as base_domestic_value_cny,
        case when order_months.month is not null then coalesce(base.export_value_cny, 0) end
            as base_export_value_cny,
        case when order_months.month is not null then coalesce(base.total_value_cny, 0) end
            as base_total_value_cny,
        coalesce(sides.lines_without_rate, 0) as lines_without_rate,
        case when order_months.month is not null then coalesce(base.lines_without_rate, 0) end
            as base_lines_without_rate,
        case
            when order_months.month is null then 'no_base_period'
            when not {{ valued('sides.lines_without_rate', 'base.lines_without_rate') }} then 'no_exchange_rate'
            when sides.total_value_cny = 0 or coalesce(base.total_value_cny, 0) = 0 then 'zero_denominator'
        end as bridge_reason
    from sides
    inner join order_months as own_months on sides.month = own_months.month
    cross join (values ('mom', 1), ('6m', 6), ('yoy', 12)) as comparisons (comparison, months)
    left join order_months
        on order_months.month = cast(sides.month - make_interval(months => comparisons.months) as date)
    left join sides as base
        on
            base.month = cast(sides.month - make_interval(months => comparisons.months) as date)
            and sides.product_group = base.product_group
),

effects as (
    select
        *,
        {{ if_valued(share('domestic_value_cny', 'total_value_cny'), 'lines_without_rate') }} as domestic_share,
        {{ if_valued(share('base_domestic_value_cny', 'base_total_value_cny'), 'base_lines_without_rate') }}
            as base_domestic_share,
        case
            when bridge_reason is null
                then {{ numerator_effect_pp(
                    'domestic_value_cny', 'total_value_cny', 'base_domestic_value_cny', 'base_total_value_cny'
                ) }}
        end as numerator_effect_pp,
        case
            when bridge_reason is null
                then {{ denominator_effect_pp(
                    'domestic_value_cny', 'total_value_cny', 'base_domestic_value_cny', 'base_total_value_cny'
                ) }}
        end as denominator_effect_pp,
        case
            when bridge_reason is null
                then {{ own_effect_pp(
                    'domestic_value_cny', 'export_value_cny', 'base_domestic_value_cny', 'base_export_value_cny'
                ) }}
        end as domestic_effect_pp,
        case
            when bridge_reason is null
                then {{ rest_effect_pp(
                    'domestic_value_cny', 'export_value_cny', 'base_domestic_value_cny', 'base_export_value_cny'
                ) }}
        end as export_effect_pp,
        {{ if_valued(
            growth('domestic_value_cny', 'base_domestic_value_cny'), 'lines_without_rate', 'base_lines_without_rate'
        ) }} as domestic_growth,
        {{ growth_reason('bridge_period_reason', 'base_domestic_value_cny') }} as domestic_growth_reason,
        {{ if_valued(
            growth('export_value_cny', 'base_export_value_cny'), 'lines_without_rate', 'base_lines_without_rate'
        ) }} as export_growth,
        {{ growth_reason('bridge_period_reason', 'base_export_value_cny') }} as export_growth_reason
    from (
        select
            *,
            nullif(bridge_reason, 'zero_denominator') as bridge_period_reason
        from compared
    ) as compared
),

changes as (
    select
        *,
        {{ share_change_pp('domestic_share', 'base_domestic_share') }} as domestic_share_change_pp
    from effects
),

staged as (
    {{ with_stage('changes', 'month') }}
)

select
    month,
    product_group,
    comparison,
    domestic_value_cny,
    export_value_cny,
    total_value_cny,
    base_domestic_value_cny,
    base_export_value_cny,
    base_total_value_cny,
    domestic_share,
    base_domestic_share,
    domestic_share_change_pp,
    numerator_effect_pp,
    denominator_effect_pp,
    {{ residual_pp('domestic_share_change_pp', 'numerator_effect_pp + denominator_effect_pp') }} as residual_pp,
    {{ share_driver('numerator_effect_pp', 'numerator', 'denominator_effect_pp', 'denominator') }} as driver,
    bridge_reason,
    domestic_effect_pp,
    export_effect_pp,
    case
        when domestic_effect_pp is null or export_effect_pp is null then coalesce(bridge_reason, 'zero_denominator')
    end as effect_reason,
    domestic_growth,
    domestic_growth_reason,
    export_growth,
    export_growth_reason,
    is_finished,
    {{ share_driver('domestic_effect_pp', 'domestic', 'export_effect_pp', 'export') }} as driving_side,
    stage,
    lines_without_rate,
    base_lines_without_rate
from staged
