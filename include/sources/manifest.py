"""Manifests: what a file does not say of itself, in ``<file>.yml`` beside it."""

import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from include.errors import UnreadableFileError
from include.sources.contract import Contract


class Manifest(BaseModel):
    """What a file does not say of itself.

    ``values`` are canonical columns; ``complete`` vouches for a download of exactly the portal's limit;
    ``filtered_by`` names columns the query was restricted on, so that only their values are replaced.
    """

    model_config = ConfigDict(frozen=True)

    values: dict[str, str] = {}
    complete: bool = False
    filtered_by: tuple[str, ...] = ()


def manifest_path(path: Path) -> Path:
    """Where the manifest of a file lies: beside it, its name with ``.yml`` appended."""
    return path.with_name(path.name + ".yml")


def is_file(path: Path) -> bool:
    """Whether this is a regular file; unlike pathlib's own, it can be asked of a name that is too long."""
    return os.path.isfile(path)  # noqa: PTH113


def manifest(path: Path, of: Contract) -> Manifest:
    """The manifest beside ``path``, or an empty one."""
    beside = manifest_path(path)
    if not is_file(beside):
        return Manifest()
    try:
        # Text only: YAML would read the code 045 as the number 37.
        content = yaml.load(beside.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}  # noqa: S506
        if not isinstance(content, dict):
            raise UnreadableFileError("manifest_wrong", f"{beside.name}: must be `name: value` lines")
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
