with prefixes as (
    select
        product_group,
        string_agg(hs_prefix, ', ' order by hs_prefix) as hs_prefixes
    from {{ ref('product_group_codes') }}
    group by product_group
),

products as (
    select
        groups.product_group,
        groups.name_zh,
        groups.name_en,
        prefixes.hs_prefixes,
        false as is_total
    from {{ ref('product_groups') }} as groups
    left join prefixes on groups.product_group = prefixes.product_group
    union all
    select
        'ALL' as product_group,
        '全部产品' as name_zh,
        'All products' as name_en,
        cast(null as text) as hs_prefixes,
        true as is_total
)

select
    product_group,
    name_zh,
    name_en,
    hs_prefixes,
    is_total
from products
