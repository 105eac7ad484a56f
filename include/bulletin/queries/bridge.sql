select
    month,
    product_group as product,
    comparison as member,
    domestic_share_change_pp,
    domestic_effect_pp,
    export_effect_pp,
    numerator_effect_pp,
    denominator_effect_pp,
    domestic_growth,
    export_growth,
    domestic_share,
    domestic_value_cny,
    total_value_cny,
    base_domestic_share,
    base_domestic_value_cny,
    base_total_value_cny,
    bridge_reason,
    effect_reason,
    domestic_growth_reason,
    export_growth_reason,
    stage,
    (month - case comparison
        when 'mom' then interval '1 month'
        when '6m' then interval '6 months'
        else interval '12 months'
    end)::date as base_month
from marts.share_bridge
order by product_group, month, array_position(array['mom', '6m', 'yoy'], comparison)
