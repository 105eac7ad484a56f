with markets as (
    select country_code as market_code from {{ ref('countries') }}
    union all
    select province_code as market_code from {{ ref('provinces') }}
),

-- The day of the data, not of the build: the same data makes the same figures. Without data, the newest groups.
data_end as (
    select coalesce({{ last_day_of('max(month)') }}, date 'infinity') as last_day
    from {{ ref('int_sales__months') }}
)

select
    markets.market_code,
    {{ market_group_of() }} as market_group
from markets
cross join data_end
{{ join_market_membership(country_of_market('markets.market_code'), 'data_end.last_day') }}
