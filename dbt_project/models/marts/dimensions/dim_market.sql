with markets as (
    select
        country_code as market_code,
        'country' as market_kind,
        name_zh,
        name_en,
        alpha_2,
        customs_code
    from {{ ref('countries') }}
    union all
    select
        province_code as market_code,
        'province' as market_kind,
        name_zh,
        name_en,
        cast(null as text) as alpha_2,
        cast(null as text) as customs_code
    from {{ ref('provinces') }}
)

select
    markets.market_code,
    markets.market_kind,
    markets.name_zh,
    markets.name_en,
    markets.alpha_2,
    markets.customs_code,
    today.market_group as market_group_latest,
    groups.name_zh as market_group_name_zh,
    groups.name_en as market_group_name_en
from markets
inner join {{ ref('int_markets__today') }} as today on markets.market_code = today.market_code
left join {{ ref('market_groups') }} as groups on today.market_group = groups.market_group
