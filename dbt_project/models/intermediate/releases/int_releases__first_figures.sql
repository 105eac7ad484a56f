{{ config(materialized='table') }}
-- A table: the store must not have dependents that a build makes, as a view would be.
select
    mart,
    metric,
    period_type,
    period_start,
    basis,
    product_group,
    market_level,
    market_group,
    first_release_id,
    first_value,
    first_stage,
    first_formal_value,
    first_final_value
from {{ current_revisions() }} as revisions
