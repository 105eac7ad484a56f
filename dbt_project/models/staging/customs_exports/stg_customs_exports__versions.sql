-- What counts now, and what counted until a load brought a newer version or withdrew the row. A version that came with
-- or after a newer one of its row has never counted: it gave way to a load that is not later than its own.
with versions as (
    {%- for is_current in (true, false) %}
        select
            {{ is_current }} as is_current,
            {{ 'cast(null as bigint)' if is_current else '_superseded_by' }} as superseded_by,
            _load_id as load_id,
            _line_no as file_line,
            declaration_no,
            item_no,
            export_date,
            consignor_uscc as enterprise_uscc,
            hs_code,
            destination_country as country_code,
            trade_mode,
            source_district as district_code,
            quantity_1,
            unit_1,
            quantity_2,
            unit_2,
            currency,
            fob_usd,
            fob_cny,
            status,
            updated_at
        from {{ source('customs_exports', 'customs_exports' if is_current else 'customs_exports_history') }}
        {{ 'union all' if is_current else 'where _superseded_by > _load_id' }}
    {%- endfor %}
)

select * from versions
