{% macro with_stage(relation, month) -%}
    select
        {{ relation }}.*,
        coalesce(stages.stage, 'flash') as stage
    from {{ relation }}
    left join {{ ref('int_releases__stages') }} as stages on {{ relation }}.{{ month }} = stages.month
{%- endmacro %}

{% macro last_month_of(period_type, period_start) -%}
    case {{ period_type }}
        when 'r12' then {{ month_plus(period_start, 11) }}
        when 'janfeb' then {{ month_plus(period_start, 1) }}
        else {{ period_start }}
    end
{%- endmacro %}
