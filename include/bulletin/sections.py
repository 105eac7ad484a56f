"""Sections and texts of the bulletin: ``sections.yml`` and ``words.yml``."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

_FOLDER = Path(__file__).parent

Language = Literal["zh", "en"]
Text = dict[Language, str]
LANGUAGES: tuple[Language, Language] = ("zh", "en")


class Column(BaseModel):
    """A column of a section's table.

    A figure has the name of ``metric`` of ``mart`` in ``metric_catalogue``, after the word ``of``;
    ``words.yml`` has the names of other columns. ``unit``: instead of that in ``metric_catalogue``.
    ``words``: the column has codes, whose texts are in ``words.yml``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    metric: str = ""
    mart: str = ""
    of: str = ""
    unit: str = ""
    words: str = ""


class Section(BaseModel):
    """One question of the bureau; the keys are explained in ``sections.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    mart: str
    basis: Literal["order_book", "customs"]
    product: str
    shape: Literal["series", "members", "year"]
    title: Text
    lead: Text
    note: Text
    columns: list[Column]
    reasons: dict[str, str]
    cells: list[str] = []
    headlines: list[str] = []
    combined: str = ""
    total: dict[str, str] = {}
    few: dict[str, list[str]] = {}
    few_add_up: bool = False
    rows_per_month: str = ""
    most: int | None = None

    @field_validator("columns", mode="before")
    @classmethod
    def _plain_names(cls, columns: list[Any]) -> list[Any]:
        return [{"name": column} if isinstance(column, str) else column for column in columns]

    def figures(self) -> Iterator[Column]:
        """The columns of figures."""
        return (column for column in self.columns if not column.words)

    def sent_columns(self) -> set[str]:
        """The columns of its rows that are written to the page: figures, codes and reasons."""
        needed = {column.name or column.words for column in self.columns} | set(self.reasons.values())
        return needed | {"product", "month", "member", "hidden"}


@cache
def sections() -> tuple[Section, ...]:
    """The sections in the order of the page."""
    return tuple(Section(**section) for section in _read("sections.yml"))


@cache
def words() -> dict[str, dict[str, Text]]:
    """Texts of the page, columns, codes and reasons, in both languages."""
    found: dict[str, dict[str, Text]] = _read("words.yml")
    return found


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
