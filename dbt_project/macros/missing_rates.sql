{% macro join_missing_rates(cells, period_type, market_level, market, alias='missing', first_month=none) -%}
    left join {{ ref('int_sales__missing_rates') }} as {{ alias }}
        on
            {{ cells }}.basis = {{ alias }}.basis
            and {{ period_type }} = {{ alias }}.period_type
            and {{ first_month or cells ~ '.first_month' }} = {{ alias }}.first_month
            and {{ cells }}.product_group = {{ alias }}.product_group
            and {{ market_level }} = {{ alias }}.market_level
            and {{ market }} = {{ alias }}.market
{%- endmacro %}

{% macro if_valued(figure) -%}
    case when {{ valued(*varargs) }} then {{ figure }} end
{%- endmacro %}

{% macro valued() -%}
    {% for lines in varargs %}coalesce({{ lines }}, 0){{ ' + ' if not loop.last }}{% endfor %} = 0
{%- endmacro %}
