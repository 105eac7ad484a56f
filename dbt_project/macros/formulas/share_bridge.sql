{#-
  What moved a share d/t, in percentage points. Each effect changes one thing and averages over the other before
  and after (Shapley value of two factors; Ang, Energy Policy 32 (2004), calls it the refined Laspeyres method):
  the two sum to the change of the share exactly.
-#}

{% macro numerator_effect_pp(part, total, base_part, base_total) -%}
    trim_scale(round(
        round(50 * ({{ part }} - {{ base_part }}) * ({{ base_total }} + {{ total }}), 20)
        / nullif({{ base_total }} * {{ total }}, 0), 13
    ))
{%- endmacro %}

{% macro denominator_effect_pp(part, total, base_part, base_total) -%}
    trim_scale(round(
        round(50 * ({{ part }} + {{ base_part }}) * ({{ base_total }} - {{ total }}), 20)
        / nullif({{ base_total }} * {{ total }}, 0), 13
    ))
{%- endmacro %}

{% macro own_effect_pp(part, rest, base_part, base_rest) -%}
    trim_scale(round(
        50 * (
            {{ part }} / nullif({{ part }} + {{ base_rest }}, 0)
            - {{ base_part }} / nullif({{ base_part }} + {{ base_rest }}, 0)
            + {{ part }} / nullif({{ part }} + {{ rest }}, 0)
            - {{ base_part }} / nullif({{ base_part }} + {{ rest }}, 0)
        ), 13
    ))
{%- endmacro %}

{% macro rest_effect_pp(part, rest, base_part, base_rest) -%}
    trim_scale(round(
        50 * (
            {{ base_part }} / nullif({{ base_part }} + {{ rest }}, 0)
            - {{ base_part }} / nullif({{ base_part }} + {{ base_rest }}, 0)
            + {{ part }} / nullif({{ part }} + {{ rest }}, 0)
            - {{ part }} / nullif({{ part }} + {{ base_rest }}, 0)
        ), 13
    ))
{%- endmacro %}

{% macro share_driver(one_effect, one, other_effect, other) -%}
    case
        when {{ one_effect }} is null or {{ other_effect }} is null then null
        when abs({{ one_effect }}) < 0.005 and abs({{ other_effect }}) < 0.005 then 'none'
        when abs({{ one_effect }}) >= 2 * abs({{ other_effect }}) then '{{ one }}'
        when abs({{ other_effect }}) >= 2 * abs({{ one_effect }}) then '{{ other }}'
        else 'both'
    end
{%- endmacro %}
