-- Do order books and customs agree?
-- 订单与报关是否一致？
-- The last twelve months of declarations by reason (restricted); orders are those of the lag before.
-- 最近十二个月的报关，按原因（内部数据）；订单取滞后月份的。
select reason_code, count(*) as cells, count(distinct enterprise_uscc) as mills,
    sum(order_value_cny) as order_value_cny, sum(declared_value_cny) as declared_value_cny,
    sum(gap_cny) as gap_cny
from marts.order_customs_bridge
where month > (
    select max(month) - interval '12 months' from marts.order_customs_bridge where declared_value_cny > 0
)
group by reason_code
order by cells desc;
