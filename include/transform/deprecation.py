"""Columns and marts on their way out: dated in their ``meta``, and said at the head of their description.

dbt writes descriptions into the database, and publishing carries them to the view: readers meet the date
where they look. The sentence stands in the description itself, so that nothing has to be added on the way.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from include.errors import ContractError

_KEYS = {"since", "until", "use"}


@dataclass(frozen=True)
class Deprecation:
    """From ``since`` on use ``use`` instead; the column stays at least to the end of ``until``."""

    since: dt.date
    until: dt.date
    use: str

    @property
    def sentence(self) -> str:
        """What the description must begin with."""
        return (
            f"DEPRECATED since {self.since} until {self.until}, use {self.use}: / "
            f"弃用：自 {self.since} 至 {self.until}，请改用 {self.use}。"
        )


def deprecation(name: str, meta: dict[str, Any]) -> Deprecation | None:
    """What the ``meta`` of ``name`` (a mart, or mart.column) says; ContractError when it says it wrongly."""
    if "deprecated" not in meta:
        return None
    said = meta["deprecated"]
    if not isinstance(said, dict) or set(said) != _KEYS or not isinstance(said["use"], str):
        raise ContractError(
            f"{name}: meta.deprecated must be {{since: date, until: date, use: column or mart}}"
        )
    try:
        since, until = (dt.date.fromisoformat(str(said[key])) for key in ("since", "until"))
    except ValueError as error:
        raise ContractError(f"{name}: meta.deprecated: {error}; dates are written 2026-11-24") from error
    if until <= since:
        raise ContractError(f"{name}: meta.deprecated: until {until} is not after since {since}")
    return Deprecation(since, until, said["use"])


def meaning(name: str, description: str, of: Deprecation | None) -> str:
    """A description without its dated sentence; ContractError when it should have it and does not."""
    text = " ".join(description.split())
    if of is None:
        if text.startswith("DEPRECATED"):
            raise ContractError(f"{name} is described as deprecated: give the dates in meta.deprecated too")
        return text
    if not text.startswith(of.sentence):
        raise ContractError(f"{name} is deprecated: its description must begin with {of.sentence!r}")
    return text.removeprefix(of.sentence).strip()
