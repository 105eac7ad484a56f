"""Rules of the mart revision."""

import great_expectations as gx

from expectations.release_rules import figures_or_reasons, grain, no_row
from expectations.rules import suite

GRAIN = (
    *("mart", "metric", "period_type", "period_start"),
    *("basis", "product_group", "market_level", "market_group"),
)
FIRST = ", ".join([*GRAIN, "first_release_id", "first_value", "first_stage"])
OWN, BEFORE = (", ".join(f"{side}.{column}" for column in GRAIN[:-1]) for side in ("own", "before"))


def revision() -> gx.ExpectationSuite:
    """The latest value is the mart's, the first that of earlier releases, the revision their difference."""
    return suite(
        "revision",
        [
            grain(*GRAIN),
            figures_or_reasons(
                {
                    "revision": "revision_reason",
                    "revision_ratio": "revision_ratio_reason",
                    "first_formal_value": "first_formal_reason",
                    "first_final_value": "first_final_reason",
                    "flash_to_formal": "flash_to_formal_reason",
                    "formal_to_final": "formal_to_final_reason",
                }
            ),
            no_row(
                "revision_is_latest_less_first",
                "修订幅度必须等于最新值减首次值",
                "a revision must be the latest value less the first, and flagged when they differ",
                """
                select * from {batch}
                where revision + first_value <> latest_value
                    or is_revised is distinct from (coalesce(revision, 1) <> 0)
                    or abs((1 + revision_ratio) * first_value - latest_value)
                        > 1e-9 * (1 + abs(latest_value) + abs(first_value))
                """,
            ),
            no_row(
                "latest_value_is_the_figure",
                "最新值必须等于本次发布的指标",
                "the latest value must be the figure of the mart it names",
                """
                select revised.* from {batch} as revised
                left join candidate.market_share as shares
                    on revised.mart = 'market_share' and shares.market_level = 'group'
                    and (shares.month, shares.basis, shares.product_group, shares.market_group)
                        = (revised.period_start, revised.basis, revised.product_group, revised.market_group)
                left join candidate.growth as growths
                    on revised.mart = 'growth'
                    and (growths.period_type, growths.period_start, growths.basis, growths.product_group)
                        = (revised.period_type, revised.period_start, revised.basis, revised.product_group)
                    and growths.market_level = revised.market_level
                    and growths.market_group is not distinct from revised.market_group
                left join candidate.dual_circulation as circulation
                    on revised.mart = 'dual_circulation'
                    and (circulation.month, circulation.product_group)
                        = (revised.period_start, revised.product_group)
                where revised.latest_value is distinct from case revised.metric
                    when 'value_cny' then shares.value_cny
                    when 'share' then shares.share
                    when 'growth_yoy' then growths.growth_yoy
                    when 'domestic_share' then circulation.domestic_share
                end
                """,
            ),
            no_row(
                "first_values_stay",
                "首次值必须与此前发布的一致，不得改动或丢失",
                "the first value of a figure must remain as in the newest release, and none may be lost",
                f"""
                select {FIRST} from intermediate.int_releases__first_figures
                except
                select {FIRST} from {{batch}}
                """,  # noqa: S608  (our own columns)
            ),
            no_row(
                "values_of_a_stage_stay",
                "正式值与最终值一经发布不得改动；进入该阶段时必须等于当时的指标",
                "a value published as formal or final must remain; before, it must be the present figure",
                f"""
                select {OWN}, own.market_group from {{batch}} as own
                left join intermediate.int_releases__first_figures as before
                    on ({OWN}) = ({BEFORE})
                    and own.market_group is not distinct from before.market_group
                cross join lateral (
                    values
                        ('formal', own.first_formal_value, before.first_formal_value),
                        ('final', own.first_final_value, before.first_final_value)
                ) as stages (stage, present, published)
                where stages.published is not null and stages.present is distinct from stages.published
                    or stages.published is null and stages.present is distinct from case stages.stage
                        when own.first_stage then own.first_value
                        when own.stage then own.latest_value
                    end
                """,  # noqa: S608  (our own columns)
            ),
            no_row(
                "revisions_by_stage_are_differences",
                "分阶段修订必须等于两个阶段首次值之差",
                "flash to formal and formal to final must be the differences of their first values",
                """
                select * from {batch}
                where first_value + flash_to_formal <> first_formal_value
                    or first_formal_value + formal_to_final <> first_final_value
                    or (flash_to_formal is null)
                        <> (first_stage is distinct from 'flash' or first_formal_value is null)
                    or (formal_to_final is null) <> (first_formal_value is null or first_final_value is null)
                """,
            ),
        ],
    )
