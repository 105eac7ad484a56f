{#- One row per combination; NULL counts as a value, as market_code has none at group level. -#}
{% test unique_combination(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as duplicates
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{#- Both limits are allowed values; without a greatest value the column is open upwards. -#}
{% test accepted_range(model, column_name, min_value, max_value="'infinity'") %}
    select {{ column_name }}
    from {{ model }}
    where cast({{ column_name }} as numeric) not between {{ min_value }} and {{ max_value }}
{% endtest %}

{#- The shares of one parent sum to 1; parents without a denominator have no shares. -#}
{% test shares_sum_to_one(model, column_name, parent, tolerance='1e-9') %}
    select
        {{ parent | join(', ') }},
        sum({{ column_name }}) as total_share
    from {{ model }}
    where {{ column_name }} is not null
    group by {{ parent | join(', ') }}
    having abs(sum({{ column_name }}) - 1) > {{ tolerance }}
{% endtest %}

{#- A figure is NULL exactly when its reason is given. -#}
{% test null_has_reason(model, column_name, reason) %}
    select
        {{ column_name }},
        {{ reason }}
    from {{ model }}
    where ({{ column_name }} is null) = ({{ reason }} is null)
{% endtest %}
