select
    enterprise_uscc,
    valid_from,
    valid_to,
    mill_type,
    is_above_scale,
    holding_group,
    evidence
from {{ ref('int_enterprises__history') }}
