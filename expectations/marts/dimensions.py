"""Rules of the dimensions."""

from collections.abc import Callable

import great_expectations as gx

from expectations.release_rules import grain, no_row, not_empty
from expectations.rules import suite


def dimension(name: str, key: str) -> Callable[[], gx.ExpectationSuite]:
    """A dimension with one row per key."""
    return lambda: suite(name, [grain(key)])


def code_list(name: str, key: str) -> Callable[[], gx.ExpectationSuite]:
    """A dimension from seeds: it has rows before any delivery."""
    return lambda: suite(name, [not_empty(), grain(key)])


def dim_enterprise_history() -> gx.ExpectationSuite:
    """The ranges of a mill follow each other without a gap, and every sale is in one."""
    return suite(
        "dim_enterprise_history",
        [
            grain("enterprise_uscc", "valid_from"),
            no_row(
                "ranges_follow_each_other",
                "同一企业的时段必须首尾相接，只有最后一段没有终点",
                "the ranges of a mill must follow each other, and only the last have no end",
                """
                select * from (
                    select *,
                        lead(valid_from) over (partition by enterprise_uscc order by valid_from) as next_from
                    from {batch}
                ) as ranges
                where valid_to is distinct from next_from or valid_to <= valid_from
                """,
            ),
            no_row(
                "every_sale_falls_into_a_range",
                "每个有销售的企业月份必须落在某一时段内",
                "every month in which a mill sold must be in one of its ranges",
                """
                select mix.enterprise_uscc, mix.month from candidate.enterprise_mix as mix
                left join {batch} as ranges
                    on ranges.enterprise_uscc = mix.enterprise_uscc
                    and mix.month >= ranges.valid_from and mix.month < coalesce(ranges.valid_to, 'infinity')
                where ranges.enterprise_uscc is null
                """,
            ),
        ],
    )
