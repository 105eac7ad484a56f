{#- Schemas are named exactly as configured: one database holds one warehouse, so no target prefix. Readers see the
    published views and never the candidate. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if target.name == 'readers' else custom_schema_name or target.schema }}
{%- endmacro %}
