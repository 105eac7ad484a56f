{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with sales as (
    select
        enterprise_uscc,
        cast(extract(year from month) as integer) as year,
        product_group,
        coalesce(sum(value_cny) filter (where basis = 'order_book'), 0) as order_value_cny,
        coalesce(sum(value_cny) filter (where basis = 'customs'), 0) as customs_value_cny
    from {{ ref('int_sales__by_mill') }}
    group by enterprise_uscc, extract(year from month), product_group
),

-- A mill without orders is judged by its declarations.
yearly as (
    select distinct on (sales.enterprise_uscc, sales.year)
        sales.enterprise_uscc,
        sales.year,
        product_groups.mill_type,
        coalesce(
            nullif(sum(sales.order_value_cny) over of_year, 0), sum(sales.customs_value_cny) over of_year
        ) >= {{ var('above_scale_cny') }} as is_above_scale
    from sales
    left join {{ ref('product_groups') }} as product_groups on sales.product_group = product_groups.product_group
    window of_year as (partition by sales.enterprise_uscc, sales.year)
    order by
        sales.enterprise_uscc asc, sales.year asc, sales.order_value_cny desc, sales.customs_value_cny desc,
        sales.product_group asc
),

mills as (
    select
        enterprise_uscc,
        min(year) as first_year
    from yearly
    group by enterprise_uscc
),

data_end as (
    select max(year) as last_year from yearly
),

years as (
    select
        mills.enterprise_uscc,
        series.year
    from mills
    cross join data_end
    cross join generate_series(mills.first_year, data_end.last_year) as series (year)
),

-- A year's list is made from the year before; a mill's first year from itself; a year of silence changes nothing.
derived as (
    select distinct on (years.enterprise_uscc, years.year)
        years.enterprise_uscc,
        make_date(years.year, 1, 1) as valid_from,
        make_date(years.year + 1, 1, 1) as valid_to,
        yearly.mill_type,
        yearly.is_above_scale
    from years
    inner join yearly on years.enterprise_uscc = yearly.enterprise_uscc and years.year >= yearly.year
    order by
        years.enterprise_uscc asc, years.year asc, yearly.year = years.year asc, yearly.year desc
),

register as (
    select * from {{ ref('enterprise_register') }}
),

breaks as (
    select
        enterprise_uscc,
        valid_from as day
    from derived
    union
    select
        register.enterprise_uscc,
        ends.day
    from register
    inner join mills on register.enterprise_uscc = mills.enterprise_uscc
    cross join lateral (values (register.valid_from), (register.valid_to)) as ends (day)
    where ends.day is not null
),

pieces as (
    select
        breaks.enterprise_uscc,
        breaks.day as valid_from,
        lead(breaks.day) over (partition by breaks.enterprise_uscc order by breaks.day) as valid_to
    from breaks
),

-- The register of the bureau counts before what is derived; what it leaves empty is derived.
described as (
    select
        pieces.enterprise_uscc,
        pieces.valid_from,
        pieces.valid_to,
        coalesce(register.mill_type, derived.mill_type) as mill_type,
        coalesce(register.is_above_scale, derived.is_above_scale) as is_above_scale,
        register.holding_group,
        case when register.enterprise_uscc is null then 'derived' else 'register' end as evidence
    from pieces
    left join lateral (
        select
            nearest.mill_type,
            nearest.is_above_scale
        from derived as nearest
        where nearest.enterprise_uscc = pieces.enterprise_uscc
        -- Before its first sale and after the last year of the data a mill is what it is nearest to them.
        order by nearest.valid_from <= pieces.valid_from desc, abs(nearest.valid_from - pieces.valid_from) asc
        limit 1
    ) as derived on true
    left join register
        on
            pieces.enterprise_uscc = register.enterprise_uscc
            and pieces.valid_from >= register.valid_from
            and (pieces.valid_from < register.valid_to or register.valid_to is null)
),

texts as (
    select
        *,
        format('%s|%s|%s|%s', mill_type, is_above_scale, holding_group, evidence) as own_text
    from described
),

compared as (
    select
        *,
        lag(own_text) over (partition by enterprise_uscc order by valid_from) as text_before
    from texts
),

ranges as (
    select
        *,
        count(*) filter (where own_text is distinct from text_before) over (
            partition by enterprise_uscc order by valid_from
        ) as range_no
    from compared
)

select
    enterprise_uscc,
    min(valid_from) as valid_from,
    -- The last range has no end: NULL counts as the latest.
    nullif(max(coalesce(valid_to, date 'infinity')), date 'infinity') as valid_to,
    mill_type,
    is_above_scale,
    holding_group,
    evidence
from ranges
group by enterprise_uscc, range_no, mill_type, is_above_scale, holding_group, evidence
