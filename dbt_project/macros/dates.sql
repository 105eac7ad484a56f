{#- First day of the month of a date. -#}
{% macro month_of(day) -%}
    cast(date_trunc('month', cast({{ day }} as timestamp)) as date)
{%- endmacro %}

{#- A month, some months away. -#}
{% macro month_plus(month, months) -%}
    cast({{ month }} + interval '{{ months }} months' as date)
{%- endmacro %}

{#- Last day of a month given by its first day. -#}
{% macro last_day_of(month) -%}
    cast({{ month }} + interval '1 month - 1 day' as date)
{%- endmacro %}
