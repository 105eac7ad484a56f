-- Balance of domestic and export sales (diversification), and the share of the largest four (concentration).
with scopes as (
    select
        period_start as month,
        product_group as product,
        dimension as member,
        market_scope,
        member_count,
        largest_four_share,
        largest_four_value_cny,
        value_cny,
        equivalents_number
    from marts.concentration
    where basis = 'order_book' and period_type = 'month' and dimension in ('markets', 'customers')
)

select
    d.month,
    d.product_group as product,
    members.member,
    d.balance_index,
    d.domestic_share,
    domestic.largest_four_share as domestic_largest_four_share,
    domestic.largest_four_value_cny as domestic_largest_four_value_cny,
    domestic.value_cny as domestic_value_cny,
    domestic.equivalents_number as domestic_equivalents_number,
    domestic.member_count as domestic_member_count,
    domestic.member_count - 4 as domestic_smaller_count,
    export.largest_four_share as export_largest_four_share,
    export.largest_four_value_cny as export_largest_four_value_cny,
    export.value_cny as export_value_cny,
    export.equivalents_number as export_equivalents_number,
    export.member_count as export_member_count,
    export.member_count - 4 as export_smaller_count,
    d.share_reason,
    d.stage
from marts.dual_circulation as d
cross join (values ('markets'), ('customers')) as members (member)
left join scopes as domestic
    on
        d.month = domestic.month and d.product_group = domestic.product
        and members.member = domestic.member and domestic.market_scope = 'domestic'
left join scopes as export
    on
        d.month = export.month and d.product_group = export.product
        and members.member = export.member and export.market_scope = 'export'
order by d.product_group, d.month, members.member desc
