"""Profiles: how one mill's or portal's file maps to a contract, declared in ``profiles/<name>.yml``.

Every profile is validated by the model below, and the JSON Schema for editors
(``profiles/profile.schema.json``) is generated from it.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import polars as pl
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from include.errors import ContractError
from include.sources.contract import contract
from include.sources.expressions import compiled, results
from include.sources.targets import Target, wrong_targets

PROFILES_DIR = Path(__file__).parent / "profiles"
# In `date_formats`: days since 1899-12-30, Excel's number for a date in a cell without a date format.
EXCEL_SERIAL = "excel_serial"


def _known_encoding(value: str) -> str:
    try:
        "a".encode(value).decode(value)
    except LookupError as error:  # also for encodings that are not for text, such as base64
        raise ValueError(f"{error}; use for example utf-8 or gb18030") from None
    return value


def _sql(value: str) -> str:
    try:
        compiled(value)
    except ContractError as error:
        raise ValueError(str(error)) from None
    return value


def _pattern(value: str) -> str:
    if not named_groups(value, ""):
        raise ValueError(f"{value!r} names no column; write (?P<column>...)")
    return value


def named_groups(pattern: str, text: str) -> dict[str, str | None]:
    """The texts that the named groups of a regular expression find; missing where they find nothing.

    With the engine of polars, which runs in linear time, because the sender chooses the file's name.
    """
    try:
        found = pl.Series([text]).str.extract_groups(pattern)[0]
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return {name: value for name, value in (found or {}).items() if not name.isdigit()}


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is no time zone; use for example Asia/Shanghai or Europe/Berlin")
    return value


Sql = Annotated[str, AfterValidator(_sql)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Character = Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[\x00-\x7f]$")]
Word = Annotated[str, Field(min_length=1)]
Kind = Literal["csv", "tsv", "txt", "xlsx", "xls", "ods"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Layout(_Strict):
    """Where a table is in its file: from the row that has the words ``header`` to a ``stop`` row.

    Without ``header`` the first row with content is the header. A row whose first filled cell begins with a
    word of ``stop`` ends the table. With ``header_rows`` 2 or more, titles merged over several columns
    precede each of their names. ``wanted: false`` counts the table's rows as skipped.
    """

    header: tuple[Word, ...] = ()
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    stop: tuple[Word, ...] = ()
    wanted: bool = True


class Skip(_Strict):
    """Rows to skip, and why; they are counted by reason."""

    where: Sql
    reason: Annotated[str, Field(min_length=1)]


class Cancellations(_Strict):
    """Which rows cancel a line, and the key of that line.

    A row for which ``where`` is true gets the contract's status of a cancelled row. ``key`` computes key
    columns for it, so that it becomes a version of the line it cancels; without ``key`` it is a document of
    its own.
    """

    where: Sql
    key: dict[str, Sql] = {}


class LineNumbers(_Strict):
    """Line numbers for a file that has none, computed from the content of the line.

    ``by`` are the file's headers that distinguish the lines of one order; without it the whole line does. The
    same values give the same number in every delivery and at every position in a file.
    """

    by: tuple[str, ...] = ()


class Profile(_Strict):
    """One mapping; every key but ``source`` is optional. docs/profiles.md explains each with an example."""

    source: str
    description: str = ""
    kinds: tuple[Kind, ...] = ()
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    delimiter: Character | None = None
    quote: Character | Literal["none"] = '"'
    decimal: Character = "."
    thousands: Character | None = None
    sheets: tuple[str | int, ...] | Literal["all"] = ()
    header: tuple[Word, ...] = ()
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    stop: tuple[Word, ...] = ()
    tables: tuple[Layout, ...] = ()
    columns: dict[str, tuple[str, ...]] = {}
    constants: dict[str, str] = {}
    defaults: dict[str, str] = {}
    computed: dict[str, Sql] = {}
    words: dict[str, dict[str, str]] = {}
    date_formats: tuple[str, ...] = ()
    time_zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    from_file_name: Pattern | None = None
    from_sheet_name: Pattern | None = None
    skip: tuple[Skip, ...] = ()
    cancellations: Cancellations | None = None
    line_numbers: LineNumbers | None = None

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The tables of a file: ``tables``, or the one of the top-level keys."""
        return self.tables or (Layout(header=self.header, header_rows=self.header_rows, stop=self.stop),)

    @property
    def sha256(self) -> str:
        """Checksum of the mapping, which comments and the order of keys do not change."""
        content = self.model_dump_json(exclude={"description"}, exclude_defaults=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def columns_named(self) -> dict[str, set[str]]:
        """The canonical columns that each key of the profile names."""
        of_patterns = {
            key: set(named_groups(pattern, ""))
            for key in ("from_file_name", "from_sheet_name")
            if (pattern := getattr(self, key))
        }
        of_tables = {
            key: set(getattr(self, key)) for key in ("columns", "constants", "defaults", "computed", "words")
        }
        cancelled = {"cancellations": set(self.cancellations.key)} if self.cancellations else {}
        return of_patterns | of_tables | cancelled

    def targets(self) -> Iterator[Target]:
        """Every value that the profile itself puts into a column; blank ones are missing values."""
        for column, words in self.words.items():
            yield from (Target("words", column, word, value) for word, value in words.items())
        for key, values in (("constants", self.constants), ("defaults", self.defaults)):
            yield from (Target(key, column, "", value) for column, value in values.items() if value.strip())
        for column, sql in self.computed.items():
            yield from (Target("computed", column, "", v) for v in sorted(results(sql)) if v.strip())


def schema() -> dict[str, Any]:
    """The JSON Schema of a profile file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Profile.model_json_schema()}


def canonical(source: str) -> Profile:
    """The profile of a file that has the contract's own headers."""
    return Profile(source=source)


@cache
def profile(name: str, source: str) -> Profile:
    """The named profile; ContractError when there is none, it is for another source, or a key is wrong."""
    path = PROFILES_DIR / f"{name}.yml"
    if not path.is_file() or path.parent != PROFILES_DIR:
        known = ", ".join(p.stem for p in sorted(PROFILES_DIR.glob("*.yml")))
        raise ContractError(f"no profile {name!r}; there are: {known}")
    found = read_profile(path)
    if found.source != source:
        raise ContractError(f"profile {name} is for {found.source}, not for {source}")
    return found


def read_profile(path: Path) -> Profile:
    """The profile in a file; ContractError lists every key that is wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path.name}: {error}") from error
    try:
        found = Profile.model_validate(content)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise ContractError(f"{path.name}: " + "; ".join(wrong)) from error
    _check_columns(found, path)
    if unknown := list(wrong_targets(found.targets(), found.words, contract(found.source))):
        raise ContractError(f"{path.name}: " + "; ".join(unknown))
    return found


def _check_columns(found: Profile, path: Path) -> None:
    """ContractError unless every column that the profile names is in the contract."""
    of = contract(found.source)
    for key, of_columns in found.columns_named().items():
        if unknown := of_columns - set(of.names):
            raise ContractError(
                f"{path.name}: {key}: {', '.join(sorted(unknown))}: no such column in {found.source}"
            )
    if found.cancellations and not of.cancelled:
        raise ContractError(f"{path.name}: cancellations: rows of {found.source} cannot be cancelled")
    if found.line_numbers and not of.line_column:
        raise ContractError(f"{path.name}: line_numbers: {found.source} has no line numbers")
    meets = found.cancellations.key if found.cancellations else {}
    if meets and found.line_numbers and not found.line_numbers.by and of.line_column not in meets:
        raise ContractError(
            f"{path.name}: line_numbers: a cancellation differs from the line it cancels, and so would its "
            "number; name in `by` the headers that distinguish the lines of an order"
        )
    if found.tables and (found.header or found.stop or found.header_rows > 1):
        raise ContractError(f"{path.name}: tables: header, header_rows and stop belong into each table")
    if len(found.layouts) > 1 and not all(layout.header for layout in found.layouts):
        raise ContractError(f"{path.name}: tables: each of several tables needs the words of its header")
