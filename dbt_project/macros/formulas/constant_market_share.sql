{#-
  Constant market share: Leamer and Stern 1970 (Quantitative International Economics, chapter 7), Richardson 1971
  (Constant-market-shares analysis of export growth). Exports of a cell (product i to market j) change because the
  world grew (r), because its product grew otherwise than the world (r_i - r), because its market grew otherwise
  than its product (r_ij - r_i), and because of what is left to the mills. Each effect is computed by itself: the
  four sum to the change exactly, since each step is rounded once.
-#}

{% macro at_growth_of(base, now, before) -%}
    round(round({{ base }} * {{ now }}, 15) / nullif({{ before }}, 0), 15)
{%- endmacro %}

{% macro world_growth_effect(base, world, world_base) -%}
    trim_scale({{ at_growth_of(base, world, world_base) }} - {{ base }})
{%- endmacro %}

{% macro structure_effect(base, part, part_base, whole, whole_base) -%}
    trim_scale({{ at_growth_of(base, part, part_base) }} - {{ at_growth_of(base, whole, whole_base) }})
{%- endmacro %}

{% macro competitiveness_effect(current_value, base, cell, cell_base) -%}
    trim_scale({{ current_value }} - {{ at_growth_of(base, cell, cell_base) }})
{%- endmacro %}
