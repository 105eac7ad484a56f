"""Manifests: values that are not in a file itself, in ``<file>.yml`` beside it."""

import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from include.errors import UnreadableFileError
from include.sources.contract import Contract
from include.sources.plain_text import is_storable


class Manifest(BaseModel):
    """The content of a manifest.

    ``values`` are canonical columns; ``complete`` confirms that a download of exactly the portal's limit is
    complete; ``filtered_by`` names columns that the query was filtered on, so that only their values are
    replaced.
    """

    model_config = ConfigDict(frozen=True)

    values: dict[str, str] = {}
    complete: bool = False
    filtered_by: tuple[str, ...] = ()


def manifest_path(path: Path) -> Path:
    """The path of a file's manifest: its full name with ``.yml`` appended."""
    return path.with_name(path.name + ".yml")


def is_file(path: Path) -> bool:
    """Whether this is a regular file; unlike pathlib's method it accepts a name that is too long."""
    return os.path.isfile(path)  # noqa: PTH113


def is_link(path: Path) -> bool:
    """Whether this is a link, also a broken one; it accepts a name that is too long."""
    return os.path.islink(path)  # noqa: PTH114


def manifest(path: Path, of: Contract) -> Manifest:
    """The manifest beside ``path``, or an empty one."""
    beside = manifest_path(path)
    if not is_file(beside):
        return Manifest()
    try:
        # Text only: YAML would read the code 045 as the number 37.
        content = yaml.load(beside.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}  # noqa: S506
        _require_lines(content, beside.name)
        found = Manifest(
            complete=content.pop("complete", False),
            filtered_by=content.pop("filtered_by", ()),
            values=content,
        )
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableFileError("manifest_wrong", f"{beside.name}: {error}") from error
    if unknown := (set(found.values) | set(found.filtered_by)) - set(of.names):
        raise UnreadableFileError(
            "manifest_wrong",
            f"{beside.name}: {', '.join(sorted(unknown))}: no such column; "
            f"known are complete, filtered_by, {', '.join(of.names)}",
        )
    return found


def _require_lines(content: object, name: str) -> None:
    """UnreadableFileError unless every value is a text; that of ``filtered_by`` may be a list of texts.

    Nested values are refused: a few lines of YAML can expand to more than the memory.
    """
    if not isinstance(content, dict):
        raise UnreadableFileError("manifest_wrong", f"{name}: must be `name: value` lines")
    for key, value in content.items():
        words = value if key == "filtered_by" and isinstance(value, list) else [value]
        if not all(isinstance(word, str) and is_storable(word) for word in (key, *words)):
            raise UnreadableFileError(
                "manifest_wrong", f"{name}: the value of {key} is no plain text; write `name: value` lines"
            )
