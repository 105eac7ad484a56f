{{ config(materialized='table', post_hook='analyze {{ this }}') }}

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

working_days as (
    select
        covered.basis,
        covered.period_type,
        covered.first_month,
        -- Half a calendar is no calendar: all months of a period, or none.
        case
            when count(*) filter (where calendar.month >= covered.first_month) = min(covered.months_in_period)
                then sum(calendar.working_days) filter (where calendar.month >= covered.first_month)
        end as working_days,
        case
            when count(*) filter (where calendar.month <= covered.base_last_month) = min(covered.months_in_period)
                then sum(calendar.working_days) filter (where calendar.month <= covered.base_last_month)
        end as base_working_days,
        count(calendar.lunar_new_year) filter (where calendar.month >= covered.first_month) as festivals,
        count(calendar.lunar_new_year) filter (where calendar.month <= covered.base_last_month) as base_festivals
    from covered
    inner join {{ ref('calendar_months') }} as calendar
        on
            calendar.month between covered.first_month and covered.last_month
            or calendar.month between covered.base_first_month and covered.base_last_month
    group by covered.basis, covered.period_type, covered.first_month
),

judged as (
    select
        covered.basis,
        covered.period_type,
        covered.first_month,
        covered.last_month,
        covered.base_first_month,
        covered.base_last_month,
        covered.base_months_seen = covered.months_in_period as has_base,
        case
            when covered.months_seen < covered.months_in_period then 'period_incomplete'
            when covered.base_months_seen = 0 then 'no_base_period'
            when covered.base_months_seen < covered.months_in_period then 'base_period_incomplete'
        end as base_reason,
        working_days.working_days,
        working_days.base_working_days,
        case
            when not covered.is_finished then 'period_not_finished'
            -- Lunar New Year moves between January and February: only both together compare.
            when covered.first_month = covered.last_month and extract(month from covered.first_month) in (1, 2)
                then 'lunar_new_year'
            -- Twelve months may have two festivals, or none.
            when working_days.festivals <> working_days.base_festivals then 'lunar_new_year'
            when
                abs(working_days.working_days - working_days.base_working_days)
                > {{ var('working_day_tolerance') }} * working_days.base_working_days
                then 'working_days_differ'
        end as comparability_reason
    from covered
    left join working_days
        on
            covered.basis = working_days.basis
            and covered.period_type = working_days.period_type
            and covered.first_month = working_days.first_month
)

select * from judged
