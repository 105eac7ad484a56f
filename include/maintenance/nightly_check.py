"""Compare every released month with raw, also those that the release gate does not read again."""

import logging

from include.errors import RawChangedError
from include.maintenance import completeness
from include.quality import raw_totals
from include.release import build_log, reference_due
from include.settings import Role, Settings
from include.warehouse.connection import connect, exclusive

log = logging.getLogger(__name__)

_MAX_NAMED = 5


def check(settings: Settings) -> int:
    """Compare the newest release with all of raw; returns the months compared, of orders and of declarations.

    Months of loads that are not released yet are left out. HalfRestoredError when the warehouse is not whole.
    RawChangedError when a month differs: raw or the tables that marts are built from were changed, and not by
    a load.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "release"),
        connection.transaction(),
    ):
        connection.execute("set transaction isolation level repeatable read")
        completeness.check(settings, connection)
        for warning in reference_due.warnings(connection):
            log.warning(warning)
        unreleased = build_log.unreleased_months(connection)
        if unreleased is None:
            log.info(
                "nothing was compared: there is no release yet, or a build of every month is not released"
                " yet; `textile publish` makes one"
            )
            return 0
        found = raw_totals.compare(connection, unreleased)
    if found.differing:
        cells = ", ".join(f"{month:%Y-%m} {basis}" for month, basis in found.differing[:_MAX_NAMED])
        more = f" and {len(found.differing) - _MAX_NAMED} more" if len(found.differing) > _MAX_NAMED else ""
        raise RawChangedError(
            f"the newest release is not what raw says for {cells}{more}. Only loads may change raw: find out "
            "who else did, then compute every month anew with `textile publish --full-refresh`"
        )
    log.info("%s months of the newest release equal raw to the cent", found.months)
    return found.months
