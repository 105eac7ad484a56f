"""Rules of the marts dual_circulation and enterprise_mix."""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.release_rules import decided, figure_or_reason, figures_or_reasons, finished, grain, no_row
from expectations.rules import suite


def dual_circulation() -> gx.ExpectationSuite:
    """Domestic and export sales add up to all sales."""
    return suite("dual_circulation", [grain("month", "product_group"), *_circulation("product_group")])


def enterprise_mix() -> gx.ExpectationSuite:
    """The mills' circulations are consistent and add up to the cluster's."""
    return suite(
        "enterprise_mix",
        [
            grain("month", "enterprise_uscc"),
            *_circulation("enterprise_uscc"),
            no_row(
                "mills_add_up_to_cluster",
                "各企业之和必须等于全县",
                "the mills must add up to the cluster's domestic and export sales",
                """
                select month
                from (
                    select month, sum(domestic_value_cny) as domestic, sum(export_value_cny) as export
                    from {batch}
                    group by month
                ) as mills
                full join (
                    select month, domestic_value_cny, export_value_cny from candidate.dual_circulation
                    where product_group = 'ALL'
                ) as cluster using (month)
                where mills.domestic is distinct from cluster.domestic_value_cny
                    or mills.export is distinct from cluster.export_value_cny
                """,
            ),
            no_row(
                "mill_is_what_it_was_in_the_month",
                "企业类型与规模必须是当月末的",
                "mill_type and is_above_scale must be those of the month's last day",
                """
                select mix.month, mix.enterprise_uscc
                from {batch} as mix
                left join candidate.dim_enterprise_history as history
                    on history.enterprise_uscc = mix.enterprise_uscc
                    and daterange(history.valid_from, history.valid_to)
                        @> cast(mix.month + interval '1 month' - interval '1 day' as date)
                where history.mill_type is distinct from mix.mill_type
                    or history.is_above_scale is distinct from mix.is_above_scale
                """,
            ),
        ],
    )


def _circulation(key: str) -> list[gxe.Expectation]:
    """Rules of a mart with the two circulations of each ``key``."""
    return [
        no_row(
            "domestic_plus_export_is_total",
            "内销加外销必须等于合计",
            "domestic plus export sales must be the total",
            "select * from {batch} where domestic_value_cny + export_value_cny <> total_value_cny",
        ),
        no_row(
            "two_shares_sum_to_one",
            "内销份额与外销份额之和必须为 1",
            "domestic and export share must sum to 1 and be parts of the total",
            """
            select * from {batch}
            where abs(domestic_share + export_share - 1) > 1e-9
                or abs(domestic_share * total_value_cny - domestic_value_cny) > 0.005
            """,
        ),
        no_row(
            "balance_index_is_its_formula",
            "均衡指数必须等于 4d(1-d)",
            "balance_index must be 4d(1-d) of the domestic share",
            """
            select * from {batch}
            where abs(balance_index - 4 * domestic_share * export_share) > 1e-9
            """,
        ),
        no_row(
            "legs_add_up_to_exports",
            "东盟、欧美与其他市场之和必须等于出口，份额亦然",
            "ASEAN, Europe and America, and the rest must be the exports, and their shares the export share",
            """
            select * from {batch}
            where asean_value_cny + europe_america_value_cny + rest_value_cny <> export_value_cny
                or abs(asean_share + europe_america_share + rest_share - export_share) > 1e-9
                or abs(asean_share * total_value_cny - asean_value_cny) > 0.005
                or abs(europe_america_share * total_value_cny - europe_america_value_cny) > 0.005
                or domestic_value_usd > total_value_usd
            """,
        ),
        no_row(
            "speed_and_changes_are_differences_of_shares",
            "份额变化必须等于两期份额之差，速度必须等于六个月变化的六分之一",
            "a change must be the share less the share then, and speed a sixth of the six months' change",
            """
            select * from {batch}
            where abs(6 * domestic_share_speed_pp - domestic_share_change_6m_pp) > 1e-9
                or (domestic_share_speed_pp is null) <> (domestic_share_change_6m_pp is null)
                or abs(
                    domestic_share_change_6m_pp - 100 * (
                        domestic_share
                        - domestic_value_6m_before_cny / nullif(total_value_6m_before_cny, 0)
                    )
                ) > 1e-9
            """,
        ),
        no_row(
            "changes_are_against_the_months_before",
            "份额变化必须以上月和六个月前的同一行为准",
            "the changes must be against the rows of a month and of six months before",
            f"""
            select own.month, own.{key}
            from {{batch}} as own
            left join {{batch}} as half_year
                on half_year.{key} = own.{key}
                and half_year.month = cast(own.month - interval '6 months' as date)
            left join {{batch}} as last_month
                on last_month.{key} = own.{key}
                and last_month.month = cast(own.month - interval '1 month' as date)
            where own.domestic_value_6m_before_cny is distinct from half_year.domestic_value_cny
                or own.total_value_6m_before_cny is distinct from half_year.total_value_cny
                or abs(
                    own.domestic_share_change_1m_pp - 100 * (own.domestic_share - last_month.domestic_share)
                ) > 1e-9
                or (own.domestic_share_change_1m_pp is null)
                    <> (own.domestic_share is null or last_month.domestic_share is null)
            """,  # noqa: S608  (our own columns)
        ),
        no_row(
            "a_turn_is_a_rise_by_the_threshold",
            "转向必须是已结束月份的内销份额比六个月前高出规定的百分点，其余不得标为转向",
            "a finished month turns exactly when its share rose by switch_rise_pp in six months",
            f"""
            select * from {{batch}}
            where is_turning is distinct from case
                when not is_finished or change_reason is distinct from 'no_exchange_rate'
                    then coalesce(
                        is_finished and domestic_share_change_6m_pp >= {decided("switch_rise_pp")}, false
                    )
            end
            """,  # noqa: S608  (our own number)
        ),
        no_row(
            "the_switch_is_the_first_month_of_the_latest_turn",
            "转向月份必须是最近一次连续转向的第一个月",
            "switch_month must be the latest month that turned after one that did not",
            f"""
            with known as (
                select month, {key},
                    max(month) filter (where is_turning is not null) over (partition by {key} order by month)
                        as known_month
                from {{batch}}
            ),
            in_turn as (
                select known.month, known.{key}
                from known
                inner join {{batch}} as latest
                    on latest.{key} = known.{key} and latest.month = known.known_month
                where latest.is_turning
            )
            select own.month, own.{key}
            from {{batch}} as own
            left join (
                select turned.month, turned.{key}
                from in_turn as turned
                left join in_turn as before
                    on before.{key} = turned.{key} and before.month = turned.month - interval '1 month'
                where before.month is null
            ) as starts on starts.{key} = own.{key} and starts.month <= own.month
            group by own.month, own.{key}, own.switch_month
            having own.switch_month is distinct from max(starts.month)
            """,  # noqa: S608  (our own columns)
        ),
        figures_or_reasons(
            {
                "domestic_share_change_1m_pp": "change_1m_reason",
                "switch_month": "switch_reason",
                "asean_share": "share_reason",
                "europe_america_share": "share_reason",
                "rest_share": "share_reason",
            }
        ),
        figure_or_reason("domestic_share", "share_reason"),
        finished("'order_book'"),
        figure_or_reason("domestic_share_change_6m_pp", "change_reason"),
    ]
