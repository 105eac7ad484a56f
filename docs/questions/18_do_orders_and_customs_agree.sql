-- Do order books and customs agree?
-- 订单与报关是否一致？
-- Of the newest months; each reason says what to do (restricted).
select reason_code, count(*) as cells, sum(order_value_cny) as order_value_cny,
    sum(declared_value_cny) as declared_value_cny, sum(gap_cny) as gap_cny
from marts.order_customs_bridge
group by reason_code
order by count(*) desc;
