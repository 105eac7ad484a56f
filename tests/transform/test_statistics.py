"""The cluster beside the customs statistics: the figures of the scenario, worked out by hand."""
def test_print(told_admin):
    for q in ("select period_start,level,product_group,market_group,value_cny,base_value_cny,world_growth_effect_cny, commodity_effect_cny, market_effect_cny, competitiveness_effect_cny,uncovered_change_cny,residual_cny,effect_reason from candidate.constant_market_share where period_start between '2016-05-01' and '2017-12-01' and period_type='month' order by 1,2 desc,3,4",
      "select hs_level,hs_code,name_zh,product_group,market_code,denominator,value_cny,denominator_value_cny,round(share,4),share_reason,is_share_above_one,share_usd,share_usd_reason,quantity,denominator_quantity,quantity_share,quantity_share_reason,series_break_reason from candidate.national_share where month='2016-08-01' order by 1 desc,2,5,6"):
        for r in told_admin.execute(q).fetchall(): print(*r)
    assert 0
