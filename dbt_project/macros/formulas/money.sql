{#-
  Money at the customs monthly rate of its own month (seed exchange_rates: the benchmark of the third Wednesday
  of the month before), each line rounded to the cent by itself, as customs do. Yuan need no rate.
-#}

{% macro in_cny(amount, currency, cny_per_unit) -%}
    case
        when {{ currency }} = 'CNY' then {{ amount }}
        else round({{ amount }} * {{ cny_per_unit }}, 2)
    end
{%- endmacro %}

{% macro in_usd(amount, currency, cny_per_unit, cny_per_usd) -%}
    case
        when {{ currency }} = 'USD' then {{ amount }}
        when {{ currency }} = 'CNY' then round({{ amount }} / {{ cny_per_usd }}, 2)
        else round({{ amount }} * {{ cny_per_unit }} / {{ cny_per_usd }}, 2)
    end
{%- endmacro %}
