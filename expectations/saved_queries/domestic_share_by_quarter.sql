-- Domestic share by quarter and product
-- 内销占比（按季度和产品）
-- dashboard: overview
select date_trunc('quarter', month)::date as quarter, product_group, sum(domestic_value_cny) as domestic_value_cny,
    marts.ratio(domestic_value_cny, total_value_cny, row(product_group = 'ALL')) as domestic_share
from marts.dual_circulation
group by quarter, product_group
order by quarter, product_group;
