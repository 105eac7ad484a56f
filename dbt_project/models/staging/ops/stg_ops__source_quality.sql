with source as (
    select * from {{ source('ops', 'source_quality') }}
),

renamed as (
    select
        month,
        source,
        enterprise_uscc,
        files_accepted,
        files_refused,
        rows_in as rows_delivered,
        rows_accepted,
        rows_unchanged,
        rows_quarantined,
        rows_resolved as rows_corrected,
        rows_open,
        dated_rows,
        days_late as days_late_total,
        most_days_late as max_days_late,
        days_to_correction as days_to_correction_total
    from source
)

select * from renamed
