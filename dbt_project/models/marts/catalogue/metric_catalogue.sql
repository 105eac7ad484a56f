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
),

calls as (
    select
        figures.mart,
        figures.metric,
        aggregates.how_to_aggregate,
        aggregates.reason,
        substring(
            aggregates.how_to_aggregate from 'marts\.(?:ratio|growth_rate|points)\((?:marts\.known\()?-?(\w+)'
        ) as first_column,
        row_number() over (partition by figures.mart, figures.metric order by aggregates.mart nulls last) as choice
    from figures
    inner join {{ ref('metric_aggregates') }} as aggregates
        on
            figures.metric = aggregates.metric
            and (aggregates.mart is null or figures.mart = aggregates.mart)
),

-- Over what the numerator does not add up, the ratio must not be aggregated either.
levels as (
    select
        calls.mart,
        calls.metric,
        calls.how_to_aggregate,
        calls.reason,
        coalesce(levels.read_from, 'marts.' || calls.mart) as read_from,
        concat_ws(
            ', ',
            levels.level,
            case when not summed.additive_over_months then levels.months end,
            case when not summed.additive_over_markets then levels.markets end,
            case when not summed.additive_over_products then levels.products end,
            case when not summed.additive_over_mills then levels.mills end
        ) as level
    from calls
    left join {{ ref('aggregation_levels') }} as levels on calls.mart = levels.mart
    left join entries as summed
        on
            calls.mart = summed.mart
            and calls.first_column = summed.metric
            and summed.choice = 1
    where calls.choice = 1
)

select
    entries.mart,
    entries.metric,
    entries.name_zh,
    entries.name_en,
    entries.formula,
    entries.unit,
    entries.kind,
    entries.numerator,
    entries.denominator,
    entries.additive_over_months,
    entries.additive_over_markets,
    entries.additive_over_products,
    entries.additive_over_mills,
    entries.source,
    entries.owner,
    -- A mart without levels of its own has nothing before the first comma.
    replace(replace(levels.how_to_aggregate, '{level}', levels.level), 'row(, ', 'row(') as how_to_aggregate,
    levels.reason as how_to_aggregate_reason,
    case when levels.how_to_aggregate is not null then levels.read_from end as aggregate_from
from entries
left join levels on entries.mart = levels.mart and entries.metric = levels.metric
where entries.choice = 1
