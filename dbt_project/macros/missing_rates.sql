{#-
  Joins how many lines of a period's sales, and of its base, have no exchange rate. `cells` names a relation with
  basis, first_month and product_group; `period_type`, `market_level` and `market` are SQL: market is 'all', a scope
  (domestic, export), a group or a market. A cell without a row lacks none.
-#}
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

{#- A figure; NULL where any of the further arguments, counts of lines without a rate, is not zero. -#}
{% macro if_valued(figure) -%}
    case when {{ valued(*varargs) }} then {{ figure }} end
{%- endmacro %}

{#- Whether every line has its value in yuan, by the counts of those that lack a rate; a missing count is none. -#}
{% macro valued() -%}
    {% for lines in varargs %}coalesce({{ lines }}, 0){{ ' + ' if not loop.last }}{% endfor %} = 0
{%- endmacro %}
