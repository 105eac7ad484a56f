{#-
  Quantities in one unit. A quantity only changes its unit through what is recorded of the very line: the
  factor between units of one measure (seed units), the width in centimetres and the weight in grams per
  square metre. Anything else is NULL, never a guess. `unit` is the joined row of the seed.
-#}

{#- Metres, from a length, or from an area or mass through width and weight. -#}
{% macro quantity_m(quantity, unit, width_cm, gsm) -%}
    trim_scale(round(case {{ unit }}.measure
        when 'length' then {{ quantity }} * {{ unit }}.factor
        when 'area' then {{ quantity }} * {{ unit }}.factor * 100 / nullif({{ width_cm }}, 0)
        when 'mass' then {{ quantity }} * {{ unit }}.factor * 100000 / nullif({{ width_cm }} * {{ gsm }}, 0)
    end, 4))
{%- endmacro %}

{#- Square metres, from an area, or from a length through the width, or from a mass through the weight. -#}
{% macro quantity_m2(quantity, unit, width_cm, gsm) -%}
    trim_scale(round(case {{ unit }}.measure
        when 'area' then {{ quantity }} * {{ unit }}.factor
        when 'length' then {{ quantity }} * {{ unit }}.factor * nullif({{ width_cm }}, 0) / 100
        when 'mass' then {{ quantity }} * {{ unit }}.factor * 1000 / nullif({{ gsm }}, 0)
    end, 4))
{%- endmacro %}

{#- Kilograms, from a mass, or from a length or area through width and weight. -#}
{% macro quantity_kg(quantity, unit, width_cm, gsm) -%}
    trim_scale(round(case {{ unit }}.measure
        when 'mass' then {{ quantity }} * {{ unit }}.factor
        when 'area' then {{ quantity }} * {{ unit }}.factor * nullif({{ gsm }}, 0) / 1000
        when 'length'
            then {{ quantity }} * {{ unit }}.factor * nullif({{ width_cm }} * {{ gsm }}, 0) / 100000
    end, 4))
{%- endmacro %}

{#- Pieces; sets and pairs are not counted as pieces. -#}
{% macro quantity_piece(quantity, unit) -%}
    trim_scale(round(case {{ unit }}.measure when 'count' then {{ quantity }} * {{ unit }}.factor end, 4))
{%- endmacro %}

{#- Of the line's four quantities the one that its product group is counted in. -#}
{% macro quantity_in(quantity_unit) -%}
    case {{ quantity_unit }}
        when 'm' then quantity_m
        when 'kg' then quantity_kg
        when 'piece' then quantity_piece
    end
{%- endmacro %}

{#- Sum that is NULL when a part of it is not known: half a sum is no figure. -#}
{% macro complete_sum(value) -%}
    case when count(*) = count({{ value }}) then sum({{ value }}) end
{%- endmacro %}

{#- Whether a quantity speaks for its value: only the sales that could not be converted are missing from it. -#}
{% macro quantity_is_known(quantified_value, value) -%}
    abs({{ value }} - {{ quantified_value }}) <= (1 - {{ var('quantity_coverage') }}) * abs({{ value }})
{%- endmacro %}
