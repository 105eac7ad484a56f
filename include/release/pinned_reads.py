"""Pin a transaction to one release."""

import psycopg

from include.errors import NoReleaseError


def pin(connection: psycopg.Connection, release_id: int | None) -> int:
    """Pin the transaction to a release, by default the current one; returns its id, or NoReleaseError."""
    try:
        if release_id is not None:
            connection.execute("select set_config('textile.release', %s, true)", [str(release_id)])
        found = connection.execute("select release_id from marts.release_info").fetchone()
    except psycopg.errors.InvalidParameterValue as error:
        raise NoReleaseError(
            f"{error.diag.message_primary}; `textile releases` lists those that are kept"
        ) from error
    if found is None:
        raise NoReleaseError("there is no release yet: `textile publish` makes one")
    return int(found[0])
