"""Contracts: the columns, key and types of a source, declared in ``contracts/<source>.yml``."""

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from include.errors import ContractError

CONTRACTS_DIR = Path(__file__).parent / "contracts"
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_POSTGRES_TYPES = {
    "text": "text",
    "code": "text",
    "integer": "bigint",
    "date": "date",
    "month": "date",
    "timestamp": "timestamptz",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One canonical column.

    ``codes`` names the seed that translates words to codes; ``words`` is such a list in place. ``absent_as``
    is the value of a column that the file does not have, unless the file has the column ``absent_unless``:
    its rows could not be distinguished. ``empty_with`` makes the value missing where the named column is
    missing; ``header_says`` maps the header found to another column's value. ``identifier`` marks a text that
    is damaged when a spreadsheet writes it as a number. ``digits`` are the lengths such a code may have;
    ``leading_zeros`` names the seed of known codes, to restore zeros that a spreadsheet removed. Days before
    ``earliest`` are typing errors (1920 for 2020), which would add a month to every mart. A moment may be at
    most ``days_before`` days before the date in the column ``not_before``.
    """

    name: str
    headers: tuple[str, ...]
    type: str
    required: bool = False
    check: Literal["uscc"] | None = None
    codes: Literal["countries", "provinces", "currencies", "units"] | None = None
    words: dict[str, str] = {}
    missing_words: tuple[str, ...] = ()
    upper: bool = False
    identifier: bool = False
    digits: tuple[int, ...] = ()
    earliest: dt.date | None = None
    not_before: str | None = None
    days_before: int = 0
    leading_zeros: Literal["trade_modes"] | None = None
    thousands: str | None = None
    absent_as: str | None = None
    absent_unless: str | None = None
    empty_with: str | None = None
    from_manifest: bool = False
    header_says: dict[str, dict[str, str]] = {}

    @model_validator(mode="after")
    def _type_is_known(self) -> "Column":
        if self.type not in _POSTGRES_TYPES and not _DECIMAL.fullmatch(self.type):
            raise ValueError(f"column {self.name}: unknown type {self.type!r}")
        return self

    @property
    def decimal(self) -> tuple[int, int] | None:
        """(precision, scale) of a decimal column, else None."""
        match = _DECIMAL.fullmatch(self.type)
        return (int(match[1]), int(match[2])) if match else None

    @property
    def postgres_type(self) -> str:
        """The column's type in the database."""
        return f"numeric({self.type[8:-1]})" if self.decimal else _POSTGRES_TYPES[self.type]


class Contract(_Strict):
    """Canonical columns, key and version rule of one source.

    ``date_column`` decides the month of a row. ``line_column`` is the line number within a document;
    ``cancelled`` is the status of a row that is not in the facts.
    """

    source: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    date_column: str
    version_column: str | None = None
    line_column: str | None = None
    cancelled: str | None = None
    enterprise_column: str | None = None
    slice: tuple[str, ...] = ()
    download_limit: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Canonical column names in order."""
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        return next(c for c in self.columns if c.name == name)


def sources() -> tuple[str, ...]:
    """Every source that has a contract, in name order."""
    return tuple(sorted(p.stem for p in CONTRACTS_DIR.glob("*.yml")))


@cache
def contract(source: str) -> Contract:
    """Read one source's contract; ContractError names the file and the key that is wrong."""
    path = CONTRACTS_DIR / f"{source}.yml"
    if source not in sources():
        raise ContractError(f"no source {source!r}; there are: {', '.join(sources())}")
    try:
        return Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ContractError(f"{path.name}: {error}") from error
