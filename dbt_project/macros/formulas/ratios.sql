{#-
  Every formula of the marts, once. Ratios are numeric fractions, `_pp` are percentage points. Each formula is
  NULL where it has no meaning; the reason beside it says why. 15 decimals keep sums of shares within 1e-9 of 1;
  trailing zeros are cut so that a half reads 0.5. PostgreSQL divides to 16 digits, or to the decimals of what it
  divides: quotients that may be large get 20 decimals first.
-#}

{% macro share(part, total) -%}
    trim_scale(round({{ part }} / nullif({{ total }}, 0), 15))
{%- endmacro %}

{% macro mean(total, number_of) -%}
    trim_scale(round(cast({{ total }} as numeric) / nullif({{ number_of }}, 0), 15))
{%- endmacro %}

{% macro growth(current_value, base_value) -%}
    case when {{ base_value }} > 0 then trim_scale(round(round({{ current_value }}, 20) / {{ base_value }} - 1, 15)) end
{%- endmacro %}

{% macro contribution_pp(current_value, base_value, base_total) -%}
    case
        when {{ base_total }} > 0
            then trim_scale(round(round(100 * ({{ current_value }} - {{ base_value }}), 20) / {{ base_total }}, 13))
    end
{%- endmacro %}

{% macro share_change_pp(share, base_share) -%}
    trim_scale(round(100 * ({{ share }} - {{ base_share }}), 13))
{%- endmacro %}

{% macro balance_index(domestic_share) -%}
    trim_scale(round(4 * {{ domestic_share }} * (1 - {{ domestic_share }}), 15))
{%- endmacro %}

{% macro residual_pp(whole, parts) -%}
    trim_scale(round({{ whole }} - ({{ parts }}), 9))
{%- endmacro %}

{% macro growth_difference_pp(growth, other_growth) -%}
    trim_scale(round(100 * ({{ growth }} - {{ other_growth }}), 13))
{%- endmacro %}

{% macro pace_pp(change_pp, months) -%}
    trim_scale(round({{ change_pp }} / {{ months }}, 13))
{%- endmacro %}
