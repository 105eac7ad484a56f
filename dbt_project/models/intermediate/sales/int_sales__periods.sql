with months as (
    select * from {{ ref('int_sales__months') }}
),

calendar as (
    select
        spans.basis,
        spans.first_month,
        cast(series.month as date) as month
    from (
        select
            basis,
            min(month) as first_month,
            {{ month_plus(month_of('max(last_date) + 1'), -1) }} as last_finished_month
        from months
        group by basis
    ) as spans
    cross join {{ months_between('spans.first_month', 'spans.last_finished_month') }} as series (month)
),

periods as (
    select
        basis,
        'month' as period_type,
        month as first_month,
        month as last_month,
        is_finished
    from months
    union all
    select
        basis,
        'ytd' as period_type,
        cast(date_trunc('year', cast(max(month) as timestamp)) as date) as first_month,
        max(month) as last_month,
        true as is_finished
    from calendar
    group by basis, first_month, extract(year from month)
    having date_trunc('year', cast(max(month) as timestamp)) >= first_month
    union all
    select
        basis,
        'r12' as period_type,
        {{ month_plus('month', -11) }} as first_month,
        month as last_month,
        true as is_finished
    from calendar
    where {{ month_plus('month', -11) }} >= first_month
    union all
    select
        basis,
        'janfeb' as period_type,
        {{ month_plus('month', -1) }} as first_month,
        month as last_month,
        true as is_finished
    from calendar
    where extract(month from month) = 2 and {{ month_plus('month', -1) }} >= first_month
),

covered as (
    select
        periods.*,
        {{ month_plus('periods.first_month', -12) }} as base_first_month,
        {{ month_plus('periods.last_month', -12) }} as base_last_month,
        count(*) filter (where months.month >= periods.first_month) as months_seen,
        count(*) filter (where months.month <= {{ month_plus('periods.last_month', -12) }}) as base_months_seen,
        12 * (extract(year from periods.last_month) - extract(year from periods.first_month))
        + extract(month from periods.last_month) - extract(month from periods.first_month)
        + 1 as months_in_period
    from periods
    left join months
        on
            periods.basis = months.basis
            and months.month between {{ month_plus('periods.first_month', -12) }} and periods.last_month
    group by periods.basis, periods.period_type, periods.first_month, periods.last_month, periods.is_finished
),

judged as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        base_first_month,
        base_last_month,
        base_months_seen = months_in_period as has_base,
        case
            when months_seen < months_in_period then 'period_incomplete'
            when base_months_seen = 0 then 'no_base_period'
            when base_months_seen < months_in_period then 'base_period_incomplete'
        end as base_reason,
        case
            when not is_finished then 'period_not_finished'
            -- Lunar New Year moves between January and February: only both together compare.
            when first_month = last_month and extract(month from first_month) in (1, 2) then 'lunar_new_year'
        end as comparability_reason
    from covered
)

select * from judged
