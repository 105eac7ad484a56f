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
),

-- The day of the data, not of the build: the same data makes the same dimension. Without data, the newest groups.
data_end as (
    select coalesce({{ last_day_of('max(month)') }}, date 'infinity') as last_day
    from {{ ref('int_sales__months') }}
),

grouped as (
    select
        markets.*,
        {{ market_group_of() }} as market_group
    from markets
    cross join data_end
    {{ join_market_membership(country_of_market('markets.market_code'), 'data_end.last_day') }}
)

select
    grouped.market_code,
    grouped.market_kind,
    grouped.name_zh,
    grouped.name_en,
    grouped.alpha_2,
    grouped.customs_code,
    grouped.market_group as market_group_latest,
    groups.name_zh as market_group_name_zh,
    groups.name_en as market_group_name_en
from grouped
left join {{ ref('market_groups') }} as groups on grouped.market_group = groups.market_group
