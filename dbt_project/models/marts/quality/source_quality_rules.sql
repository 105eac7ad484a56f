select
    month,
    source,
    enterprise_uscc,
    rule_code,
    rows_quarantined,
    rows_corrected,
    rows_quarantined - rows_corrected as rows_open
from {{ ref('stg_ops__source_quality_rules') }}
