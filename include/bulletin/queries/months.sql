select
    month,
    stage,
    has_lunar_new_year
from marts.dim_month
order by month
