"""Write the bulletin of a release: ``textile bulletin``, and after every switch of the current release."""

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
    """What was written; ``is_current``: also as index.html, because readers see this release."""

    release_id: int
    file: str
    is_current: bool


def write(settings: Settings, release_id: int | None = None) -> Written:
    """Write the page of a release, of the current one unless said; NoReleaseError without it.

    Each file is replaced whole; the same release gives the same bytes. Two writers take turns, so that
    index.html is of the release that is current in the end.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "bulletin"),
    ):
        content = read(settings, release_id)
        text = page.render(content)
        shown = int(content.release["release_id"])
        path = files.release_page(settings, shown)
        files.replace(path, text)
        current = connection.execute("select release_id from store.current_release").fetchone()
        is_current = current == (shown,)
        if is_current:
            path = files.current_page(settings)
            files.replace(path, text)
    return Written(shown, str(path), is_current)


def write_after_switch(settings: Settings, release_id: int) -> Written:
    """Write the page of the release that has just become current.

    BulletinError says that the release stands, and how to write the page again.
    """
    try:
        written = write(settings, release_id)
    except Exception as error:  # whatever it is, the release stands, and who reads this must know
        raise BulletinError(
            f"readers see release {release_id}, but its bulletin is not written: {type(error).__name__}:"
            f" {error}. `textile bulletin --release {release_id}` writes it"
        ) from error
    log.info("bulletin of release %s: %s", release_id, written.file)
    return written
