with sales as (
    select
        basis,
        month,
        enterprise_uscc,
        product_group,
        sum(value_cny) as value_cny,
        sum(not_fob_value_cny) as not_fob_value_cny,
        sum(quantity) as quantity,
        -- A quantity of a part of the lines is no quantity of the month.
        sum(quantified_line_count) = sum(line_count) as is_quantified,
        cast(sum(lines_without_rate) as bigint) as lines_without_rate,
        bool_or(currency = 'CNY') as has_yuan,
        bool_or(currency <> 'CNY') as has_other_currency
    from {{ ref('int_sales__monthly') }}
    where market_group <> 'DOMESTIC'
    group by basis, month, enterprise_uscc, product_group
),

ordered as (
    select * from sales
    where basis = 'order_book'
),

declared as (
    select * from sales
    where basis = 'customs'
),

-- From where on, and up to which finished month, a basis has records.
records as (
    select
        min(month) filter (where basis = 'customs') as first_customs_month,
        coalesce(max(month) filter (where basis = 'customs' and is_finished), date '-infinity') as last_customs_month,
        coalesce(max(month) filter (where basis = 'order_book' and is_finished), date '-infinity') as last_order_month
    from {{ ref('int_sales__months') }}
),

order_books as (
    select
        ordered.enterprise_uscc,
        ordered.product_group,
        min(ordered.month) as first_month,
        max(ordered.month) filter (where ordered.month <= records.last_order_month) as last_month
    from ordered
    cross join records
    group by ordered.enterprise_uscc, ordered.product_group
),

-- Each lag is judged by the same months, those for which the order book reaches back far enough for all.
judged as (
    select
        order_books.enterprise_uscc,
        order_books.product_group,
        lags.lag_months,
        count(*) as judged_months,
        sum(abs(declared.value_cny - coalesce(ordered.value_cny, 0))) as absolute_gap_cny
    from order_books
    cross join records
    inner join declared
        on
            order_books.enterprise_uscc = declared.enterprise_uscc
            and order_books.product_group = declared.product_group
            and declared.month between order_books.first_month + interval '3 months' and order_books.last_month
            and records.last_customs_month >= declared.month
    cross join (values (0), (1), (2), (3)) as lags (lag_months)
    left join ordered
        on
            declared.enterprise_uscc = ordered.enterprise_uscc
            and declared.product_group = ordered.product_group
            and ordered.month = cast(declared.month - make_interval(months => lags.lag_months) as date)
    group by order_books.enterprise_uscc, order_books.product_group, lags.lag_months
),

chosen as (
    select distinct on (enterprise_uscc, product_group)
        enterprise_uscc,
        product_group,
        lag_months,
        judged_months
    from judged
    order by enterprise_uscc asc, product_group asc, absolute_gap_cny asc, lag_months asc
),

shifted as (
    select
        ordered.*,
        coalesce(chosen.lag_months, 0) as lag_months,
        cast(ordered.month + make_interval(months => coalesce(chosen.lag_months, 0)) as date) as declared_month
    from ordered
    left join chosen
        on
            ordered.enterprise_uscc = chosen.enterprise_uscc
            and ordered.product_group = chosen.product_group
),

-- One lag per mill and product: each order month meets one month of declarations, and is used once.
matched as (
    select
        coalesce(declared.enterprise_uscc, shifted.enterprise_uscc) as enterprise_uscc,
        coalesce(declared.product_group, shifted.product_group) as product_group,
        coalesce(declared.month, shifted.declared_month) as month,
        shifted.enterprise_uscc is not null as has_orders,
        declared.enterprise_uscc is not null as has_declarations,
        coalesce(shifted.value_cny, 0) as order_value_cny,
        coalesce(shifted.not_fob_value_cny, 0) as order_not_fob_value_cny,
        coalesce(shifted.lines_without_rate, 0) as lines_without_rate,
        coalesce(declared.value_cny, 0) as declared_value_cny,
        case when shifted.is_quantified then shifted.quantity end as order_quantity,
        case when declared.is_quantified then declared.quantity end as declared_quantity,
        case
            when shifted.enterprise_uscc is null then 'no_orders'
            when shifted.has_yuan and shifted.has_other_currency then 'partly_customs_rate'
            when shifted.has_yuan then 'yuan'
            else 'customs_rate'
        end as currency_path
    from shifted
    full join declared
        on
            shifted.enterprise_uscc = declared.enterprise_uscc
            and shifted.product_group = declared.product_group
            and shifted.declared_month = declared.month
),

compared as (
    select
        matched.*,
        coalesce(chosen.lag_months, 0) as lag_months,
        coalesce(chosen.judged_months, 0) as judged_months,
        cast(matched.month - make_interval(months => coalesce(chosen.lag_months, 0)) as date) as order_month,
        order_books.first_month as first_order_month,
        product_groups.quantity_unit,
        matched.declared_value_cny - matched.order_value_cny as gap_cny,
        {{ if_valued(
            gap_share('matched.declared_value_cny', 'matched.order_value_cny'), 'matched.lines_without_rate'
        ) }} as gap_share,
        case
            when product_groups.quantity_unit is null then 'no_common_unit'
            when not matched.has_orders or not matched.has_declarations then 'one_side_only'
            when matched.order_quantity is null or matched.declared_quantity is null then 'not_convertible'
            else product_groups.quantity_unit
        end as unit_path
    from matched
    left join chosen
        on
            matched.enterprise_uscc = chosen.enterprise_uscc
            and matched.product_group = chosen.product_group
    left join order_books
        on
            matched.enterprise_uscc = order_books.enterprise_uscc
            and matched.product_group = order_books.product_group
    left join {{ ref('product_groups') }} as product_groups
        on matched.product_group = product_groups.product_group
),

gaps as (
    select
        *,
        case when unit_path = quantity_unit then declared_quantity - order_quantity end as quantity_gap
    from compared
),

staged as (
    {{ with_stage('gaps', 'month') }}
)

select
    gaps.enterprise_uscc,
    gaps.product_group,
    gaps.month,
    gaps.lag_months,
    gaps.judged_months,
    gaps.order_month,
    gaps.order_value_cny,
    gaps.declared_value_cny,
    gaps.gap_cny,
    gaps.gap_share,
    case
        when not {{ valued('gaps.lines_without_rate') }} then 'no_exchange_rate'
        when gaps.gap_share is null then case when gaps.has_orders then 'zero_denominator' else 'no_orders' end
    end as gap_share_reason,
    gaps.quantity_unit,
    gaps.order_quantity,
    gaps.declared_quantity,
    gaps.quantity_gap,
    case when gaps.quantity_gap is null then gaps.unit_path end as quantity_gap_reason,
    gaps.unit_path,
    gaps.currency_path,
    case
        when gaps.month > records.last_customs_month and not gaps.has_declarations then 'not_yet_declared'
        when gaps.month > records.last_customs_month or gaps.order_month > records.last_order_month
            then 'month_not_finished'
        when not gaps.has_declarations and gaps.month >= records.first_customs_month then 'declarations_missing'
        when not gaps.has_declarations then 'before_customs_records'
        when not gaps.has_orders and gaps.order_month < gaps.first_order_month then 'before_order_book'
        when not gaps.has_orders then 'orders_missing'
        when not {{ valued('gaps.lines_without_rate') }} then 'no_exchange_rate'
        when abs(gaps.gap_cny) <= {{ var('bridge_tolerance') }} * gaps.order_value_cny then 'agrees'
        when gaps.quantity_gap is null then 'quantity_not_comparable'
        when
            abs(gaps.quantity_gap) <= {{ var('bridge_tolerance') }} * gaps.order_quantity
            and gaps.order_not_fob_value_cny > 0
            then 'incoterm_differs'
        when abs(gaps.quantity_gap) <= {{ var('bridge_tolerance') }} * gaps.order_quantity then 'price_differs'
        else 'quantity_differs'
    end as reason_code,
    gaps.order_not_fob_value_cny,
    gaps.stage,
    gaps.lines_without_rate
from staged as gaps
cross join records
