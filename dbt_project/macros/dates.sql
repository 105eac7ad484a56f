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

{#- Every month from one to another. Without a time zone: Shanghai's clocks have skipped midnights. -#}
{% macro months_between(first_month, last_month) -%}
    generate_series(
        cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval '1 month'
    )
{%- endmacro %}
