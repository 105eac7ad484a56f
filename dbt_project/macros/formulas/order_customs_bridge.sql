{% macro gap_share(declared, ordered) -%}
    case
        when {{ ordered }} > 0 then trim_scale(round(({{ declared }} - {{ ordered }}) / {{ ordered }}, 15))
    end
{%- endmacro %}
