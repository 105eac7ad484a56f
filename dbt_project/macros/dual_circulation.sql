{% macro dual_circulation(sales, key) -%}
order_months as (
    select
        month,
        is_finished
    from {{ ref('int_sales__months') }}
    where basis = 'order_book'
),

legs as (
    select
        market_group,
        leg
    from {{ ref('market_groups') }}
),

sides as (
    select
        {{ sales }}.month,
        {{ sales }}.{{ key }},
        coalesce(sum({{ sales }}.value_cny) filter (where legs.leg = 'domestic'), 0) as domestic_value_cny,
        coalesce(sum({{ sales }}.value_cny) filter (where legs.leg <> 'domestic'), 0) as export_value_cny,
        coalesce(sum({{ sales }}.value_cny) filter (where legs.leg = 'asean'), 0) as asean_value_cny,
        coalesce(sum({{ sales }}.value_cny) filter (where legs.leg = 'europe_america'), 0)
            as europe_america_value_cny,
        coalesce(sum({{ sales }}.value_cny) filter (where legs.leg = 'rest'), 0) as rest_value_cny,
        sum({{ sales }}.value_cny) as total_value_cny,
        cast(sum({{ sales }}.lines_without_rate) as bigint) as lines_without_rate,
        {{ complete_sum(sales ~ '.value_usd') }} as total_value_usd,
        case
            when count(*) = count({{ sales }}.value_usd)
                then coalesce(sum({{ sales }}.value_usd) filter (where legs.leg = 'domestic'), 0)
        end as domestic_value_usd
    from {{ sales }}
    inner join legs on {{ sales }}.market_group = legs.market_group
    group by {{ sales }}.month, {{ sales }}.{{ key }}
),

shares as (
    select
        *,
        {{ if_valued(share('domestic_value_cny', 'total_value_cny'), 'lines_without_rate') }} as domestic_share,
        {{ if_valued(share('export_value_cny', 'total_value_cny'), 'lines_without_rate') }} as export_share,
        {{ if_valued(share('asean_value_cny', 'total_value_cny'), 'lines_without_rate') }} as asean_share,
        {{ if_valued(share('europe_america_value_cny', 'total_value_cny'), 'lines_without_rate') }} as europe_america_share,
        {{ if_valued(share('rest_value_cny', 'total_value_cny'), 'lines_without_rate') }} as rest_share
    from sides
),

changes as (
    select
        shares.*,
        half_year.domestic_value_cny as domestic_value_6m_before_cny,
        half_year.total_value_cny as total_value_6m_before_cny,
        {{ share_change_pp('shares.domestic_share', 'half_year.domestic_share') }} as domestic_share_change_6m_pp,
        case
            when half_year_months.month is null then 'no_base_period'
            when not {{ valued('shares.lines_without_rate', 'half_year.lines_without_rate') }} then 'no_exchange_rate'
            when shares.domestic_share is null or half_year.domestic_share is null then 'zero_denominator'
        end as change_reason,
        {{ share_change_pp('shares.domestic_share', 'last_month.domestic_share') }} as domestic_share_change_1m_pp,
        case
            when last_months.month is null then 'no_base_period'
            when not {{ valued('shares.lines_without_rate', 'last_month.lines_without_rate') }}
                then 'no_exchange_rate'
            when shares.domestic_share is null or last_month.domestic_share is null then 'zero_denominator'
        end as change_1m_reason
    from shares
    left join order_months as half_year_months on {{ month_plus('shares.month', -6) }} = half_year_months.month
    left join shares as half_year
        on
            {{ month_plus('shares.month', -6) }} = half_year.month
            and shares.{{ key }} = half_year.{{ key }}
    left join order_months as last_months on {{ month_plus('shares.month', -1) }} = last_months.month
    left join shares as last_month
        on
            {{ month_plus('shares.month', -1) }} = last_month.month
            and shares.{{ key }} = last_month.{{ key }}
),

turns as (
    select
        changes.*,
        order_months.is_finished,
        -- The first orders of a month say nothing of its share yet; a share that waits for a rate may be anything.
        case
            when coalesce(changes.change_reason, '') <> 'no_exchange_rate' or not order_months.is_finished
                then coalesce(
                    changes.domestic_share_change_6m_pp >= {{ var('switch_rise_pp') }} and order_months.is_finished,
                    false
                )
        end as is_turning
    from changes
    inner join order_months on changes.month = order_months.month
),

-- In a month that is not known the run goes on as it was.
known_turns as (
    select
        *,
        array_agg(is_turning) filter (where is_turning is not null) over (partition by {{ key }} order by month)
            as turns_so_far
    from turns
),

carried as (
    select
        *,
        coalesce(turns_so_far[cardinality(turns_so_far)], false) as is_in_turn
    from known_turns
),

runs as (
    select
        *,
        lag(month) over (partition by {{ key }} order by month) as previous_month,
        lag(is_in_turn) over (partition by {{ key }} order by month) as was_in_turn
    from carried
),

compared as (
    select
        month,
        {{ key }},
        domestic_value_cny,
        export_value_cny,
        total_value_cny,
        domestic_share,
        export_share,
        {{ balance_index('domestic_share') }} as balance_index,
        case
            when not {{ valued('lines_without_rate') }} then 'no_exchange_rate'
            when domestic_share is null then 'zero_denominator'
        end as share_reason,
        domestic_value_6m_before_cny,
        total_value_6m_before_cny,
        domestic_share_change_6m_pp,
        change_reason,
        {{ pace_pp('domestic_share_change_6m_pp', 6) }} as domestic_share_speed_pp,
        domestic_share_change_1m_pp,
        change_1m_reason,
        is_turning,
        max(
            case
                when
                    is_in_turn and (
                        not coalesce(was_in_turn, false) or previous_month < {{ month_plus('month', -1) }}
                    )
                    then month
            end
        ) over (partition by {{ key }} order by month) as switch_month,
        asean_value_cny,
        europe_america_value_cny,
        rest_value_cny,
        asean_share,
        europe_america_share,
        rest_share,
        domestic_value_usd,
        total_value_usd,
        is_finished,
        coalesce(lines_without_rate, 0) as lines_without_rate
    from runs
)
{%- endmacro %}
