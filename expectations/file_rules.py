"""Rules for a delivered file as a whole; a file that breaks one of them is refused.

The validated table has one row per file of the batch: ``load_id``, ``rows_in``, ``rejected_share`` and
``unconfirmed_download_rows`` (rows of the largest table, before any filter, of a portal download that was
not confirmed as complete; else missing).
"""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.rules import rule, suite

FILE_INDEX = ["load_id"]
# Above this share of rejected rows the file is refused (DESIGN 5).
REJECTED_SHARE_LIMIT = 0.20


def files(download_limit: int | None) -> gx.ExpectationSuite:
    """File rules; ``download_limit`` is the row count at which the source's portal cuts silently."""
    expectations = [
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "file_has_rows",
            "文件只有表头，没有数据行",
            "the file has a header but no rows",
            level="file",
            column="rows_in",
            min_value=1,
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "rejected_share_within_tolerance",
            f"不合格行超过 {REJECTED_SHARE_LIMIT:.0%}，整个文件退回",
            f"more than {REJECTED_SHARE_LIMIT:.0%} of the rows break a rule: "
            "this is probably not the right file",
            level="file",
            column="rejected_share",
            max_value=REJECTED_SHARE_LIMIT,
        ),
    ]
    if download_limit:
        expectations.append(
            rule(
                gxe.ExpectColumnValuesToNotBeInSet,
                "download_is_complete",
                f"下载恰好 {download_limit} 行，可能被截断；如确认完整，请在清单中注明 complete: true",
                f"exactly {download_limit:,} rows: the portal cuts there silently. Split the query, or write "
                "`complete: true` into the manifest if the download is complete",
                level="file",
                column="unconfirmed_download_rows",
                value_set=[download_limit],
            )
        )
    return suite("files", expectations)
