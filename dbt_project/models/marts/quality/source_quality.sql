select
    month,
    source,
    enterprise_uscc,
    files_accepted,
    files_refused,
    rows_delivered,
    rows_accepted,
    rows_unchanged,
    rows_quarantined,
    {{ share('cast(rows_quarantined as numeric)', 'rows_delivered') }} as quarantined_share,
    case when rows_delivered = 0 then 'zero_denominator' end as quarantined_share_reason,
    dated_rows,
    days_late_total,
    {{ mean('days_late_total', 'dated_rows') }} as mean_days_late,
    max_days_late,
    case
        when dated_rows > 0 then null
        when rows_accepted = 0 then 'nothing_new'
        else 'no_row_version'
    end as days_late_reason,
    rows_corrected,
    rows_open,
    days_to_correction_total,
    {{ mean('days_to_correction_total', 'rows_corrected') }} as mean_days_to_correction,
    case
        when rows_corrected > 0 then null
        when rows_quarantined = 0 then 'nothing_quarantined'
        else 'nothing_corrected'
    end as days_to_correction_reason
from {{ ref('stg_ops__source_quality') }}
