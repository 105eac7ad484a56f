{% macro mart_figures() -%}
    {%- set figures = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='name') -%}
        {%- if node.resource_type == 'model' and node.fqn[1] == 'marts' and node.fqn[2] != 'dimensions' -%}
            {%- for column in node.columns.values() -%}
                {%- set is_number = 'numeric' in column.data_type or column.data_type in ('bigint', 'integer') -%}
                {%- if is_number and not column.name.endswith('_id') -%}
                    {%- do figures.append("('" ~ node.name ~ "', '" ~ column.name ~ "')") -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ figures | join(',\n    ') or "(null, null)" }}
{%- endmacro %}
