-- Exports only, as in blocs.sql: indices of the groups' sums, from their Laspeyres and Paasche indices.
with exports as (
    select
        period_start as month,
        product_group as product,
        comparability_reason,
        stage,
        sum(matched_value_cny) as v1,
        sum(base_matched_value_cny) as v0,
        sum(base_matched_value_cny * laspeyres_price_index) as p1q0,
        sum(matched_value_cny / paasche_price_index) as p0q1,
        sum(quantity_effect_cny) as quantity_effect_cny,
        sum(price_effect_cny) as price_effect_cny,
        case when count(*) = count(value_cny) then sum(value_cny) end as value_cny,
        coalesce(
            max(index_reason) filter (where index_reason <> 'no_matched_items'),
            case when count(*) = count(index_reason) then 'no_matched_items' end
        ) as index_reason,
        max(matched_share_reason) filter (where value_cny is null) as value_reason
    from marts.price_quantity
    where basis = 'customs' and period_type = 'month' and market_level = 'group' and market_group <> 'DOMESTIC'
    group by period_start, product_group, comparability_reason, stage
)

select
    month,
    product,
    case when index_reason is null then v1 / v0 end as value_index,
    case when index_reason is null then sqrt(p0q1 * v1 / (v0 * p1q0)) end as fisher_quantity_index,
    case when index_reason is null then sqrt(p1q0 * v1 / (v0 * p0q1)) end as fisher_price_index,
    v1 as matched_value_cny,
    v0 as base_matched_value_cny,
    quantity_effect_cny,
    price_effect_cny,
    v1 / nullif(value_cny, 0) as matched_share,
    value_cny,
    index_reason,
    case when coalesce(value_cny, 0) = 0 then coalesce(value_reason, 'zero_denominator') end as matched_share_reason,
    comparability_reason,
    stage,
    (month - interval '12 months')::date as base_month
from exports
order by product, month
