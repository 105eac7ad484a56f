"""What the bulletin shows and says: ``sections.yml`` and ``words.yml``."""

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

    A figure is called what ``metric_catalogue`` calls ``metric`` of ``mart``, with the word ``of`` before it;
    ``words.yml`` names what no mart has. ``unit``: instead of that of ``metric_catalogue``. ``words``: no
    figure, but codes that ``words.yml`` has words for.
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
        """The columns that are figures."""
        return (column for column in self.columns if not column.words)

    def sent(self) -> set[str]:
        """The columns of its rows that go into the page: what is shown, or says why it is not."""
        told = {column.name or column.words for column in self.columns} | set(self.reasons.values())
        return told | {"product", "month", "member", "hidden"}


@cache
def sections() -> tuple[Section, ...]:
    """The sections in the order of the page."""
    return tuple(Section(**section) for section in _read("sections.yml"))


@cache
def words() -> dict[str, dict[str, Text]]:
    """Words of the page, of columns, of codes and of reasons, in both languages."""
    found: dict[str, dict[str, Text]] = _read("words.yml")
    return found


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
