"""The files of the bulletin: one for each kept release, and ``index.html`` for the current one."""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from include.bulletin import page
from include.bulletin.read import read
from include.settings import Role, Settings
from include.warehouse.connection import connect, exclusive

Say = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """What was written; ``index``: also as index.html, because readers see this release."""

    release_id: int
    file: str
    index: bool


def folder(settings: Settings) -> Path:
    """Where the bulletins are."""
    return settings.home / "bulletin"


def write(settings: Settings, release_id: int | None = None, say: Say = lambda _: None) -> Written:
    """Write the bulletin of a release, of the current one unless said; NoReleaseError without it.

    Each file is replaced whole. The same release gives the same bytes. Two writers take turns, so that
    index.html is of the release that is current in the end.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "bulletin"),
    ):
        content = read(settings, release_id)
        text = page.render(content)
        shown = int(content.release["release_id"])
        path = folder(settings) / f"release_{shown}.html"
        _replace(path, text)
        current = connection.execute("select release_id from store.current_release").fetchone()
        is_current = current == (shown,)
        if is_current:
            _replace(folder(settings) / "index.html", text)
    say(f"bulletin of release {shown}: {path}")
    return Written(shown, str(path), is_current)


def drop(settings: Settings, release_ids: list[int]) -> int:
    """Delete the bulletins of releases that are no longer kept; returns how many there were."""
    gone = [
        path
        for path in folder(settings).glob("release_*.html")
        if (found := re.fullmatch(r"release_(\d+)", path.stem)) and int(found.group(1)) in release_ids
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _replace(path: Path, text: str) -> None:
    """A reader finds the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
