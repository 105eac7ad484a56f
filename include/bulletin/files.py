"""The files of the bulletin: one for each kept release, and ``index.html`` for the current one."""

import os
import re
import tempfile
from pathlib import Path

from include.settings import Role, Settings
from include.warehouse.connection import connect


def release_page(settings: Settings, release_id: int) -> Path:
    """The page of a release."""
    return _folder(settings) / f"release_{release_id}.html"


def current_page(settings: Settings) -> Path:
    """The page of the current release."""
    return _folder(settings) / "index.html"


def is_current(settings: Settings, release_id: int) -> bool:
    """Whether ``index.html`` exists and is of this release."""
    try:
        with current_page(settings).open(encoding="utf-8") as file:
            return f'<meta name="release" content="{release_id}">' in file.read(2000)
    except (FileNotFoundError, NotADirectoryError):
        return False


def replace(path: Path, text: str) -> None:
    """Write a file atomically."""
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


def delete_dropped(settings: Settings) -> int:
    """Delete the pages of dropped releases; returns how many."""
    with connect(settings, Role.PUBLISHER) as connection:
        rows = connection.execute("select release_id from ops.release where dropped_at is not null")
        dropped = {int(row[0]) for row in rows}
    gone = [
        page
        for page in _folder(settings).glob("release_*.html")
        if (found := re.fullmatch(r"release_(\d+)", page.stem)) and int(found.group(1)) in dropped
    ]
    for page in gone:
        page.unlink(missing_ok=True)
    return len(gone)


def _folder(settings: Settings) -> Path:
    return settings.home / "bulletin"
