-- The market groups of each leg of the exports. Read as publisher.
select
    leg,
    array_agg(market_group order by market_group) as market_groups
from reference.market_groups
where leg <> 'domestic'
group by leg
order by leg
