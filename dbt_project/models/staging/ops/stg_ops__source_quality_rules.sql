with source as (
    select * from {{ source('ops', 'source_quality_rules') }}
),

renamed as (
    select
        month,
        source,
        enterprise_uscc,
        rule_code,
        rows_quarantined,
        rows_resolved as rows_corrected
    from source
)

select * from renamed
