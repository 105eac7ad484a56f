"""Deprecated columns and marts: the dates are in their ``meta``, and a sentence begins their description.

dbt writes descriptions into the database, and publishing copies them to the view, so readers see the dates.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from include.errors import ContractError

_KEYS = {"since", "until", "use"}


@dataclass(frozen=True)
class Deprecation:
    """From ``since`` on use ``use`` instead; the column or mart stays at least to the end of ``until``."""

    since: dt.date
    until: dt.date
    use: str

    @property
    def sentence(self) -> str:
        """The sentence that the description must begin with."""
        return (
            f"DEPRECATED since {self.since} until {self.until}, use {self.use}: / "
            f"弃用：自 {self.since} 至 {self.until}，请改用 {self.use}。"
        )


def read_deprecation(name: str, meta: dict[str, Any]) -> Deprecation | None:
    """The deprecation in the ``meta`` of ``name`` (a mart, or mart.column); ContractError for wrong keys."""
    if "deprecated" not in meta:
        return None
    entry = meta["deprecated"]
    if not isinstance(entry, dict) or set(entry) != _KEYS or not isinstance(entry["use"], str):
        raise ContractError(
            f"{name}: meta.deprecated must be {{since: date, until: date, use: column or mart}}"
        )
    try:
        since, until = (dt.date.fromisoformat(str(entry[key])) for key in ("since", "until"))
    except ValueError as error:
        raise ContractError(f"{name}: meta.deprecated: {error}; dates are written 2026-11-24") from error
    if until <= since:
        raise ContractError(f"{name}: meta.deprecated: until {until} is not after since {since}")
    return Deprecation(since, until, entry["use"])


def check_meaning(name: str, description: str, of: Deprecation | None) -> str:
    """A description without the sentence of its deprecation; ContractError when that is missing."""
    text = " ".join(description.split())
    if of is None:
        if text.startswith("DEPRECATED"):
            raise ContractError(f"{name} is described as deprecated: give the dates in meta.deprecated too")
        return text
    if not text.startswith(of.sentence):
        raise ContractError(f"{name} is deprecated: its description must begin with {of.sentence!r}")
    return text.removeprefix(of.sentence).strip()
