{#- Schemas are named exactly as configured: one database holds one warehouse, so no target prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
