"""Rules of the mart share_bridge."""

import great_expectations as gx

from expectations.release_rules import figures_or_reasons, finished, grain, no_row
from expectations.rules import suite


def share_bridge() -> gx.ExpectationSuite:
    """Both decompositions sum to the change, and the sales are those of dual_circulation."""
    return suite(
        "share_bridge",
        [
            grain("month", "product_group", "comparison"),
            figures_or_reasons(
                {
                    "domestic_share_change_pp": "bridge_reason",
                    "numerator_effect_pp": "bridge_reason",
                    "denominator_effect_pp": "bridge_reason",
                    "residual_pp": "bridge_reason",
                    "driver": "bridge_reason",
                    "domestic_effect_pp": "effect_reason",
                    "export_effect_pp": "effect_reason",
                    "driving_side": "effect_reason",
                    "domestic_growth": "domestic_growth_reason",
                    "export_growth": "export_growth_reason",
                }
            ),
            finished("'order_book'"),
            no_row(
                "bridge_effects_sum_to_change",
                "分子效应与分母效应之和、内销效应与出口效应之和必须等于份额变化，残差为零",
                "numerator and denominator effect, and domestic and export effect, must sum to the change",
                """
                select * from {batch}
                where residual_pp <> 0
                    or abs(numerator_effect_pp + denominator_effect_pp - domestic_share_change_pp) > 1e-9
                    or abs(domestic_effect_pp + export_effect_pp - domestic_share_change_pp) > 1e-9
                    or abs(
                        domestic_share_change_pp - 100 * (
                            domestic_value_cny / nullif(total_value_cny, 0)
                            - base_domestic_value_cny / nullif(base_total_value_cny, 0)
                        )
                    ) > 1e-9
                """,
            ),
            no_row(
                "an_unchanged_side_has_no_effect",
                "未变动的一方不得有效应",
                "an unchanged total has no denominator effect, and unchanged sales have no own effect",
                """
                select * from {batch}
                where total_value_cny = base_total_value_cny and denominator_effect_pp <> 0
                    or domestic_value_cny = base_domestic_value_cny
                        and (numerator_effect_pp <> 0 or domestic_effect_pp <> 0)
                    or export_value_cny = base_export_value_cny and export_effect_pp <> 0
                """,
            ),
            no_row(
                "driver_follows_the_effects",
                "主导因素必须与两项效应的大小一致",
                "the driver must be the effect that is at least twice the other",
                """
                select * from {batch}
                where driver <> case
                    when greatest(abs(numerator_effect_pp), abs(denominator_effect_pp)) < 0.005 then 'none'
                    when abs(numerator_effect_pp) / 2 >= abs(denominator_effect_pp) then 'numerator'
                    when abs(denominator_effect_pp) / 2 >= abs(numerator_effect_pp) then 'denominator'
                    else 'both'
                end or driving_side <> case
                    when greatest(abs(domestic_effect_pp), abs(export_effect_pp)) < 0.005 then 'none'
                    when abs(domestic_effect_pp) / 2 >= abs(export_effect_pp) then 'domestic'
                    when abs(export_effect_pp) / 2 >= abs(domestic_effect_pp) then 'export'
                    else 'both'
                end
                """,
            ),
            no_row(
                "bridge_has_the_sales_of_dual_circulation",
                "份额分解的本期与基期必须与内外销表一致",
                "the sales of both months must be those of dual_circulation",
                """
                select bridge.* from {batch} as bridge
                left join candidate.dual_circulation as own using (month, product_group)
                left join candidate.dual_circulation as base
                    on base.product_group = bridge.product_group
                    and base.month = bridge.month - case bridge.comparison
                        when 'mom' then interval '1 month'
                        when '6m' then interval '6 months'
                        else interval '1 year'
                    end
                where bridge.domestic_value_cny is distinct from own.domestic_value_cny
                    or bridge.export_value_cny is distinct from own.export_value_cny
                    or bridge.total_value_cny is distinct from own.total_value_cny
                    or coalesce(bridge.base_domestic_value_cny, 0) <> coalesce(base.domestic_value_cny, 0)
                    or coalesce(bridge.base_export_value_cny, 0) <> coalesce(base.export_value_cny, 0)
                    or coalesce(bridge.base_total_value_cny, 0) <> coalesce(base.total_value_cny, 0)
                """,
            ),
        ],
    )
