{#-
  Quantities in one unit. A quantity only changes its unit through what is recorded of the very line: the
  factor between units of one measure (seed units), the width in centimetres and the weight in grams per
  square metre. Anything else is NULL, never a guess. `unit` is the joined row of the seed.
-#}

{% macro quantity_m(quantity, unit, width_cm, gsm) -%}
    trim_scale(round(case {{ unit }}.measure
        when 'length' then {{ quantity }} * {{ unit }}.factor
        when 'area' then {{ quantity }} * {{ unit }}.factor * 100 / nullif({{ width_cm }}, 0)
        when 'mass' then {{ quantity }} * {{ unit }}.factor * 100000 / nullif({{ width_cm }} * {{ gsm }}, 0)
    end, 4))
{%- endmacro %}

{% macro quantity_m2(quantity, unit, width_cm, gsm) -%}
    trim_scale(round(case {{ unit }}.measure
        when 'area' then {{ quantity }} * {{ unit }}.factor
        when 'length' then {{ quantity }} * {{ unit }}.factor * nullif({{ width_cm }}, 0) / 100
        when 'mass' then {{ quantity }} * {{ unit }}.factor * 1000 / nullif({{ gsm }}, 0)
    end, 4))
{%- endmacro %}

{% macro quantity_kg(quantity, unit, width_cm, gsm) -%}
    trim_scale(round(case {{ unit }}.measure
        when 'mass' then {{ quantity }} * {{ unit }}.factor
        when 'area' then {{ quantity }} * {{ unit }}.factor * nullif({{ gsm }}, 0) / 1000
        when 'length'
            then {{ quantity }} * {{ unit }}.factor * nullif({{ width_cm }} * {{ gsm }}, 0) / 100000
    end, 4))
{%- endmacro %}

{% macro quantity_piece(quantity, unit) -%}
    trim_scale(round(case {{ unit }}.measure when 'count' then {{ quantity }} * {{ unit }}.factor end, 4))
{%- endmacro %}

{% macro quantity_in(quantity_unit) -%}
    case {{ quantity_unit }}
        when 'm' then quantity_m
        when 'kg' then quantity_kg
        when 'piece' then quantity_piece
    end
{%- endmacro %}

{% macro complete_sum(value) -%}
    case when count(*) = count({{ value }}) then sum({{ value }}) end
{%- endmacro %}

{% macro quantity_is_known(quantified_value, value) -%}
    abs({{ value }} - {{ quantified_value }}) <= (1 - {{ var('quantity_coverage') }}) * abs({{ value }})
{%- endmacro %}
