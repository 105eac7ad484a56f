"""Profiles: how one mill's or portal's file maps to a contract, declared in ``profiles/<name>.yml``."""

import codecs
import os
from functools import cache
from pathlib import Path

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from include.errors import ContractError, UnreadableFileError
from include.sources.contract import Contract, contract

PROFILES_DIR = Path(__file__).parent / "profiles"


class Profile(BaseModel):
    """One mapping; every key but ``source`` is optional.

    ``columns`` lists further headers per canonical column, ``constants`` gives values the file lacks,
    ``defaults`` fills empty cells, ``computed`` holds SQL expressions over the file's own headers (text),
    ``words`` adds words to a code column, ``number_lines_within`` numbers the distinct lines of an order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    description: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    columns: dict[str, tuple[str, ...]] = {}
    constants: dict[str, str] = {}
    defaults: dict[str, str] = {}
    computed: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    number_lines_within: str | None = None

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError(f"{error}; use for example utf-8 or gb18030") from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _delimiter_is_one_character(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or not value.isascii()):
            raise ValueError(f"must be one ASCII character, not {value!r}")
        return value

    @field_validator("computed")
    @classmethod
    def _formulas_are_sql(cls, value: dict[str, str]) -> dict[str, str]:
        for column, formula in value.items():
            try:
                pl.sql_expr(formula)
            except pl.exceptions.PolarsError as error:
                raise ValueError(f"{column}: {error}") from None
        return value


def canonical(source: str) -> Profile:
    """The profile of a file that carries the contract's own headers."""
    return Profile(source=source)


@cache
def profile(name: str, source: str) -> Profile:
    """The named profile; ContractError when there is none, it is for another source, or a key is wrong."""
    path = PROFILES_DIR / f"{name}.yml"
    if not path.is_file() or path.parent != PROFILES_DIR:
        known = ", ".join(p.stem for p in sorted(PROFILES_DIR.glob("*.yml")))
        raise ContractError(f"no profile {name!r}; there are: {known}")
    found = _read(path)
    if found.source != source:
        raise ContractError(f"profile {name} is for {found.source}, not for {source}")
    names = set(contract(source).names)
    used: dict[str, set[str]] = {
        key: set(getattr(found, key)) for key in ("columns", "constants", "defaults", "computed", "words")
    }
    used["number_lines_within"] = {found.number_lines_within} if found.number_lines_within else set()
    for key, of_columns in used.items():
        if unknown := of_columns - names:
            raise ContractError(
                f"{path.name}: {key}: {', '.join(sorted(unknown))}: no such column in {source}"
            )
    return found


def _read(path: Path) -> Profile:
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ContractError(f"{path.name}: {error}") from error


class Manifest(BaseModel):
    """What a file does not say of itself, in ``<file>.yml`` beside it.

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
