{% macro herfindahl(sum_of_squares, total) -%}
    trim_scale(round({{ sum_of_squares }} / nullif({{ total }} * {{ total }}, 0), 15))
{%- endmacro %}

{% macro equivalents_number(sum_of_squares, total) -%}
    trim_scale(round({{ total }} * {{ total }} / nullif({{ sum_of_squares }}, 0), 15))
{%- endmacro %}
