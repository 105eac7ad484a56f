-- Exports only, also in the total: a total of all declarations would disclose domestic processing, often of one mill.
with exports as (
    select
        *,
        case when count(*) over whole = count(value_cny) over whole then sum(value_cny) over whole end as export_cny,
        case when count(*) over whole = count(base_value_cny) over whole then sum(base_value_cny) over whole end
            as base_export_cny
    from marts.market_share
    where basis = 'customs' and market_level = 'group' and market_group <> 'DOMESTIC'
    window whole as (partition by product_group, month)
),

shares as (
    select
        *,
        value_cny / nullif(export_cny, 0) as export_share,
        100 * (value_cny / nullif(export_cny, 0) - base_value_cny / nullif(base_export_cny, 0)) as export_share_change_pp
    from exports
)

select
    month,
    product_group as product,
    market_group as member,
    export_share as share,
    value_cny,
    export_cny as total_value_cny,
    base_value_cny,
    base_export_cny as base_total_value_cny,
    export_share_change_pp as share_change_yoy_pp,
    enterprise_count,
    case when export_share is null then coalesce(share_reason, 'zero_denominator') end as share_reason,
    case when export_share_change_pp is null then coalesce(share_change_reason, 'zero_denominator') end
        as share_change_reason,
    stage,
    (month - interval '12 months')::date as base_month
from shares
order by product_group, month, export_share desc nulls last
