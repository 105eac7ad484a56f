"""Rules of the marts source_quality and source_quality_rules."""

import great_expectations as gx

from expectations.release_rules import figure_or_reason, grain, no_row
from expectations.rules import suite


def source_quality() -> gx.ExpectationSuite:
    """Rows are conserved, as in the load log, and the figures are their quotients."""
    return suite(
        "source_quality",
        [
            grain("month", "source", "enterprise_uscc"),
            no_row(
                "rows_are_conserved",
                "报送行数必须等于新增、重复与退回行数之和，退回行数必须等于已更正与未更正之和",
                "rows delivered must be accepted + unchanged + quarantined, and quarantined corrected + open",
                """
                select * from {batch}
                where rows_delivered <> rows_accepted + rows_unchanged + rows_quarantined
                    or rows_quarantined <> rows_corrected + rows_open
                    or least(rows_accepted, rows_unchanged, rows_corrected, rows_open) < 0
                    or dated_rows not between 0 and rows_accepted
                """,
            ),
            no_row(
                "means_are_their_quotients",
                "比例与平均值必须等于分子除以分母",
                "shares and means must be their numerator / their denominator",
                """
                select * from {batch}
                where abs(quarantined_share * rows_delivered - rows_quarantined) > 1e-6
                    or abs(mean_days_late * dated_rows - days_late_total) > 1e-6
                    or mean_days_late > max_days_late
                    or abs(mean_days_to_correction * rows_corrected - days_to_correction_total) > 1e-6
                """,
            ),
            figure_or_reason("quarantined_share", "quarantined_share_reason"),
            figure_or_reason("mean_days_late", "days_late_reason"),
            figure_or_reason("mean_days_to_correction", "days_to_correction_reason"),
            # Not all columns: a file without new rows, or a refused one, requires no new build.
            no_row(
                "accepted_rows_equal_load_log",
                "新增行数必须与装载日志一致",
                "accepted and quarantined rows must be those of the load log",
                """
                select source
                from (
                    select source, sum(rows_accepted) as accepted, sum(rows_quarantined) as quarantined
                    from {batch} group by source
                ) as mart
                full join (
                    select source, sum(accepted) as accepted, sum(quarantined) as quarantined
                    from ops.load where status = 'accepted' group by source
                ) as logged using (source)
                where coalesce(mart.accepted, 0) <> coalesce(logged.accepted, 0)
                    or coalesce(mart.quarantined, 0) <> coalesce(logged.quarantined, 0)
                """,
            ),
        ],
    )


def source_quality_rules() -> gx.ExpectationSuite:
    """Every rejected row broke a rule, and no rule more rows than were rejected."""
    return suite(
        "source_quality_rules",
        [
            grain("month", "source", "enterprise_uscc", "rule_code"),
            no_row(
                "open_is_what_is_not_corrected",
                "未更正行数必须等于退回行数减已更正行数",
                "rows_open must be rows_quarantined - rows_corrected",
                """
                select * from {batch}
                where rows_open <> rows_quarantined - rows_corrected or least(rows_open, rows_corrected) < 0
                """,
            ),
            no_row(
                "rules_account_for_all_rejects",
                "每条退回行至少违反一条规则，任何规则的行数不得超过退回行数",
                "every rejected row broke a rule, and no rule has more rows than were rejected",
                """
                select month, source, enterprise
                from (
                    select month, source, coalesce(enterprise_uscc, '') as enterprise,
                        sum(rows_quarantined) as by_rule, max(rows_quarantined) as most
                    from {batch}
                    group by 1, 2, 3
                ) as rules
                full join (
                    select month, source, coalesce(enterprise_uscc, '') as enterprise, rows_quarantined
                    from candidate.source_quality
                    where rows_quarantined > 0
                ) as rejects using (month, source, enterprise)
                where not coalesce(rejects.rows_quarantined between rules.most and rules.by_rule, false)
                """,
            ),
        ],
    )
