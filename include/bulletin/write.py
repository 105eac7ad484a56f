"""Write the bulletin of a release: ``textile bulletin``, and after each publish or rollback."""

import logging
from dataclasses import dataclass

from include.bulletin import files, page
from include.bulletin.rows import read
from include.errors import BulletinError
from include.settings import Role, Settings
from include.warehouse.connection import connect, exclusive

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Written:
    """What was written; ``is_current``: also as index.html."""

    release_id: int
    file: str
    is_current: bool


def write(settings: Settings, release_id: int | None = None) -> Written:
    """Write the page of a release, by default the current one; NoReleaseError when there is none.

    Files are replaced atomically; the same release gives the same bytes. A lock makes writers wait for each
    other, so that index.html is of the current release.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "bulletin"),
    ):
        content = read(settings, release_id)
        text = page.render(content)
        written_id = int(content.release["release_id"])
        path = files.release_page(settings, written_id)
        files.replace(path, text)
        current = connection.execute("select release_id from store.current_release").fetchone()
        is_current = current == (written_id,)
        if is_current:
            path = files.current_page(settings)
            files.replace(path, text)
    return Written(written_id, str(path), is_current)


def write_after_switch(settings: Settings, release_id: int) -> Written:
    """Write the page of the release that has just become current.

    BulletinError: the release is published; the message says how to write the page again.
    """
    try:
        written = write(settings, release_id)
    except Exception as error:  # any error: the message must say that the release is published
        raise BulletinError(
            f"readers see release {release_id}, but its bulletin is not written: {type(error).__name__}:"
            f" {error}. `textile bulletin --release {release_id}` writes it"
        ) from error
    log.info("bulletin of release %s: %s", release_id, written.file)
    return written
