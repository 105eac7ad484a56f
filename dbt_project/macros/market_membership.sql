{% macro country_of_market(market_code) -%}
    case when length({{ market_code }}) = 2 then 'CHN' else {{ market_code }} end
{%- endmacro %}

{% macro join_market_membership(country_code, day) -%}
    left join {{ ref('market_group_members') }} as membership
        on
            {{ country_code }} = membership.country_code
            and {{ day }} >= membership.valid_from
            and ({{ day }} < membership.valid_to or membership.valid_to is null)
{%- endmacro %}

{% macro market_group_of() -%}
    coalesce(membership.market_group, 'OTHER')
{%- endmacro %}
