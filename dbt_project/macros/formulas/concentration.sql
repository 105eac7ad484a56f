{#- Herfindahl-Hirschman index: the sum of squared shares, from the sum of squares and the sum; 1 / n to 1. -#}
{% macro herfindahl(sum_of_squares, total) -%}
    trim_scale(round({{ sum_of_squares }} / nullif({{ total }} * {{ total }}, 0), 15))
{%- endmacro %}

{#- Equivalents number (Adelman 1969): how many members of one size would be as concentrated. -#}
{% macro equivalents_number(sum_of_squares, total) -%}
    trim_scale(round({{ total }} * {{ total }} / nullif({{ sum_of_squares }}, 0), 15))
{%- endmacro %}
