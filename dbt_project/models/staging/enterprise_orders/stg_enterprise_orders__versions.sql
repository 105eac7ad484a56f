-- What counts now, and what counted until a load brought a newer version or withdrew the row. A version that came with
-- or after a newer one of its row has never counted: it gave way to a load that is not later than its own.
with versions as (
    select
        true as is_current,
        cast(null as bigint) as superseded_by,
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
    from {{ source('enterprise_orders', 'enterprise_orders') }}
    union all
    select
        false as is_current,
        _superseded_by as superseded_by,
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
    from {{ source('enterprise_orders', 'enterprise_orders_history') }}
    where _superseded_by > _load_id
)

select * from versions
