{#-
  Order books against declarations. The gap is declared less ordered; its share is of the orders, since the
  question is what became of them.
-#}
{% macro gap_share(declared, ordered) -%}
    case
        when {{ ordered }} > 0 then trim_scale(round(({{ declared }} - {{ ordered }}) / {{ ordered }}, 15))
    end
{%- endmacro %}
