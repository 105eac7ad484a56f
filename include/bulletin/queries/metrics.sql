select
    mart,
    metric,
    name_zh as zh,
    name_en as en,
    unit,
    formula like '%- 1' as is_growth
from marts.metric_catalogue
