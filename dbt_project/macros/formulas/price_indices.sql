{#-
  Price and quantity indices of matched items (IMF/ILO/OECD/UN/World Bank, Export and Import Price Index Manual,
  2009, chapters 2 and 16; Bennet 1920). Sums over items of value v, quantity q, unit value p = v / q, then (0) and now (1):
  v0, v1, p1q0 = sum of p1 x q0, p0q1 = sum of p0 x q1.
-#}

{% macro revalued(quantity, other_value, other_quantity) -%}
    round({{ quantity }} * {{ other_value }} / {{ other_quantity }}, 15)
{%- endmacro %}

{% macro index_number(numerator, denominator) -%}
    trim_scale(round({{ numerator }} / nullif({{ denominator }}, 0), 15))
{%- endmacro %}

{% macro fisher_price(v0, v1, p1q0, p0q1) -%}
    trim_scale(round(sqrt(round({{ p1q0 }} * {{ v1 }} / nullif({{ v0 }} * {{ p0q1 }}, 0), 30)), 15))
{%- endmacro %}

{% macro fisher_quantity(v0, v1, p1q0, p0q1) -%}
    trim_scale(round(sqrt(round({{ p0q1 }} * {{ v1 }} / nullif({{ v0 }} * {{ p1q0 }}, 0), 30)), 15))
{%- endmacro %}

{% macro tornqvist_price(v0, v1, v0_logs, v1_logs) -%}
    trim_scale(round(exp(
        ({{ v0_logs }} / nullif({{ v0 }}, 0) + {{ v1_logs }} / nullif({{ v1 }}, 0)) / 2
    ), 15))
{%- endmacro %}

{% macro bennet_price_effect(v0, v1, p1q0, p0q1) -%}
    trim_scale(({{ v1 }} - {{ v0 }} + {{ p1q0 }} - {{ p0q1 }}) / 2)
{%- endmacro %}

{% macro bennet_quantity_effect(v0, v1, p1q0, p0q1) -%}
    trim_scale(({{ v1 }} - {{ v0 }} + {{ p0q1 }} - {{ p1q0 }}) / 2)
{%- endmacro %}
