"""Rules of the mart national_share."""

import great_expectations as gx

from expectations.release_rules import figure_or_reason, grain, no_row
from expectations.rules import suite

# Each figure of eight digits, recomputed from raw: from the least split download that has it. Partners by
# their code in the seed, or by another name of their country.
_DENOMINATORS_AGAINST_RAW = """
    with partners as (
        select customs_code as partner_code, country_code from reference.countries
        union
        select other_name, country_code from reference.countries
        cross join lateral unnest(string_to_array(aliases, '|')) as names (other_name)
    ),

    own as (
        select left(district_code, 2) as province_code from reference.districts where is_cluster
    ),

    sums as (
        select s.month, s.hs_code, s.currency, partners.country_code,
            (s.province_code <> 'ALL')::int * 4 + (s.partner_code <> 'ALL')::int * 2
                + (s.regime_code <> 'ALL')::int as split,
            sum(s.value) as china,
            coalesce(sum(s.value) filter (where s.province_code in (table own)), 0) as province,
            bool_or(s.province_code not in (table own)) as has_others
        from raw.customs_statistics as s
        left join partners using (partner_code)
        where s.flow = 'export'
        group by 1, 2, 3, 4, 5
    ),

    levels as (
        select month, hs_code, currency, split, country_code as market_code, china, province from sums
        where country_code is not null
        union all
        select month, hs_code, currency, split, 'ALL', sum(china), sum(province) from sums
        group by 1, 2, 3, 4
    ),

    of_china as (
        select month, currency from sums where split >= 4
        group by 1, 2
        having bool_or(has_others)
    ),

    known as (
        select month, hs_code, currency, denominator, market_code, figure, split,
            min(split) over (partition by month, hs_code, currency, denominator, market_code = 'ALL') as best
        from levels
        left join of_china using (month, currency)
        cross join lateral (values
            ('china', china, split < 4 or of_china.month is not null),
            ('province', province, split >= 4)
        ) as sides (denominator, figure, is_known)
        where is_known
    ),

    best as (
        select month, hs_code, currency, denominator, market_code, figure from known where split = best
    ),

    split_by_market as (
        select distinct month, hs_code, currency, denominator from best where market_code <> 'ALL'
    )

    select mart.month, mart.hs_code, mart.market_code, mart.denominator, money.currency
    from {batch} as mart
    cross join lateral (
        values ('CNY', mart.denominator_value_cny), ('USD', mart.denominator_value_usd)
    ) as money (currency, figure)
    left join best
        on best.month = mart.month and best.hs_code = mart.hs_code and best.currency = money.currency
        and best.denominator = mart.denominator and best.market_code = mart.market_code
    left join split_by_market
        on split_by_market.month = mart.month and split_by_market.hs_code = mart.hs_code
        and split_by_market.currency = money.currency and split_by_market.denominator = mart.denominator
    where mart.hs_level = 'hs8'
        and money.figure is distinct from
            case when split_by_market.month is null then best.figure else coalesce(best.figure, 0) end
"""


def national_share() -> gx.ExpectationSuite:
    """Shares are the cluster's exports over the statistics', and none is lost or counted twice."""
    return suite(
        "national_share",
        [
            grain("month", "hs_level", "hs_code", "market_code", "denominator"),
            no_row(
                "national_share_is_its_quotient",
                "份额必须等于分子除以分母（人民币、美元、数量）",
                "each share must be the cluster's figure over the denominator, in yuan, dollars and quantity",
                """
                select * from {batch}
                where abs(share * denominator_value_cny - value_cny) > 0.005
                    or abs(share_usd * denominator_value_usd - value_usd) > 0.005
                    or abs(quantity_share * denominator_quantity - quantity) > 0.0005
                """,
            ),
            no_row(
                "share_above_one_is_flagged",
                "份额大于一时必须标明，其余不得标明",
                "a share above one must be flagged, and no other",
                "select * from {batch} where is_share_above_one <> coalesce(value_cny > denominator_value_cny"
                " and denominator_value_cny > 0, false)",
            ),
            figure_or_reason("share", "share_reason"),
            figure_or_reason("share_usd", "share_usd_reason"),
            figure_or_reason("quantity_share", "quantity_share_reason"),
            no_row(
                "national_share_levels_add_up",
                "六位编码必须等于其八位编码之和，全部伙伴必须等于各伙伴之和",
                "six digits must be the sum of their eight-digit codes, and ALL the sum of the partners",
                """
                select month, denominator, market_code from {batch}
                group by month, denominator, market_code, left(hs_code, 6)
                having sum(value_cny) filter (where hs_level = 'hs6')
                    is distinct from sum(value_cny) filter (where hs_level = 'hs8')
                union all
                select month, denominator, hs_code from {batch}
                group by month, denominator, hs_code
                having sum(value_cny) filter (where market_code = 'ALL')
                    is distinct from sum(value_cny) filter (where market_code <> 'ALL')
                """,
            ),
            no_row(
                "national_share_exports_equal_market_share",
                "出口额必须与市场份额表的出口额分文不差",
                "the exports must equal those of market_share to the cent",
                """
                select month, market_code
                from (
                    select month, market_code, denominator, sum(value_cny) as total from {batch}
                    where hs_level = 'hs8' and market_code <> 'ALL'
                    group by month, market_code, denominator
                ) as mart
                full join (
                    select month, market_code, sides.denominator, sum(value_cny) as total
                    from candidate.market_share
                    cross join lateral (values ('china'), ('province')) as sides (denominator)
                    where basis = 'customs' and product_group = 'ALL' and market_level = 'market'
                        and market_group <> 'DOMESTIC' and enterprise_count > 0
                    group by month, market_code, sides.denominator
                ) as exported using (month, market_code, denominator)
                where mart.total is distinct from exported.total
                """,
            ),
            no_row(
                "denominators_equal_statistics",
                "分母必须与海关统计原始数据分文不差，且不重复计算",
                "the denominators must equal the customs statistics in raw to the cent, none counted twice",
                _DENOMINATORS_AGAINST_RAW,
            ),
        ],
    )
