{% macro growth_reason(period_reason, base_value) -%}
    case
        when {{ period_reason }} is not null then {{ period_reason }}
        when {{ base_value }} = 0 then 'zero_base'
        when {{ base_value }} < 0 then 'negative_base'
    end
{%- endmacro %}

{% macro growth_per_day(current_value, days, base_value, base_days) -%}
    case
        when {{ base_value }} > 0
            then trim_scale(round(round({{ current_value }} * {{ base_days }}, 20) / ({{ base_value }} * {{ days }}) - 1, 15))
    end
{%- endmacro %}
