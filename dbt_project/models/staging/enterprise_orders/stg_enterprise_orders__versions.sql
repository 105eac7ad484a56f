-- What counts now, and what counted until a load brought a newer version or withdrew the row. A version that came with
-- or after a newer one of its row has never counted: it gave way to a load that is not later than its own.
with versions as (
    {%- for is_current in (true, false) %}
        select
            {{ is_current }} as is_current,
            {{ 'cast(null as bigint)' if is_current else '_superseded_by' }} as superseded_by,
            _load_id as load_id,
            _line_no as file_line,
            enterprise_uscc,
            order_no,
            line_no,
            order_date,
            ship_date,
            customer_code,
            country as country_code,
            province as province_code,
            hs_code,
            quantity,
            unit as unit_code,
            amount,
            currency,
            upper(incoterm) as incoterm,
            fabric_width_cm,
            fabric_gsm,
            status,
            updated_at
        from {{ source('enterprise_orders', 'enterprise_orders' if is_current else 'enterprise_orders_history') }}
        {{ 'union all' if is_current else 'where _superseded_by > _load_id' }}
    {%- endfor %}
)

select * from versions
