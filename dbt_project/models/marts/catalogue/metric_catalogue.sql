with figures (mart, metric) as (
    values
    {{ mart_figures() }}
),

-- What is said of a column of one mart goes before what is said of the column's name.
entries as (
    select
        figures.mart,
        figures.metric,
        metrics.name_zh,
        metrics.name_en,
        metrics.formula,
        metrics.unit,
        metrics.kind,
        metrics.numerator,
        metrics.denominator,
        metrics.additive_over_months,
        metrics.additive_over_markets,
        metrics.additive_over_products,
        metrics.additive_over_mills,
        metrics.source,
        metrics.owner,
        row_number() over (partition by figures.mart, figures.metric order by metrics.mart nulls last) as choice
    from figures
    left join {{ ref('metrics') }} as metrics
        on
            figures.metric = metrics.metric
            and (metrics.mart is null or figures.mart = metrics.mart)
)

select
    mart,
    metric,
    name_zh,
    name_en,
    formula,
    unit,
    kind,
    numerator,
    denominator,
    additive_over_months,
    additive_over_markets,
    additive_over_products,
    additive_over_mills,
    source,
    owner
from entries
where choice = 1
