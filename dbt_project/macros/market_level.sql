{% macro market_level() -%}
    case grouping(market_group, market_code)
        when 3 then 'all'
        when 1 then 'group'
        else 'market'
    end
{%- endmacro %}
