{#- Country of a market: a market_code of two digits is a Chinese province. -#}
{% macro country_of_market(market_code) -%}
    case when length({{ market_code }}) = 2 then 'CHN' else {{ market_code }} end
{%- endmacro %}

{#-
  Joins the stay of a country in a market group on a day. Membership is dated: the United Kingdom left the
  European Union on 2020-02-01. The group itself is market_group_of().
-#}
{% macro join_market_membership(country_code, day) -%}
    left join {{ ref('market_group_members') }} as membership
        on
            {{ country_code }} = membership.country_code
            and {{ day }} >= membership.valid_from
            and ({{ day }} < membership.valid_to or membership.valid_to is null)
{%- endmacro %}

{#- Group of the joined membership; a country without a stay on that day is in OTHER. -#}
{% macro market_group_of() -%}
    coalesce(membership.market_group, 'OTHER')
{%- endmacro %}
