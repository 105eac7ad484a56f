select
    product_group as code,
    name_zh as zh,
    name_en as en
from marts.dim_product
order by is_total desc, product_group
