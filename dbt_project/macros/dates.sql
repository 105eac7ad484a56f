{% macro month_of(day) -%}
    cast(date_trunc('month', cast({{ day }} as timestamp)) as date)
{%- endmacro %}

{% macro month_plus(month, months) -%}
    cast({{ month }} + interval '{{ months }} months' as date)
{%- endmacro %}

{% macro last_day_of(month) -%}
    cast({{ month }} + interval '1 month - 1 day' as date)
{%- endmacro %}

{% macro months_between(first_month, last_month) -%}
    generate_series(
        cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval '1 month'
    )
{%- endmacro %}
