"""Exceptions for people: each message says what is wrong, where, and what to do."""

from collections.abc import Sequence
from typing import Any


class TextileError(Exception):
    """A failure with a message for the person who must act. Never raised for a programming error."""


class UsageError(TextileError):
    """A command that cannot be done as it was typed; nothing was done."""


class SetupError(TextileError):
    """The local stack or its settings are wrong or incomplete."""


class ContractError(TextileError):
    """A contract or profile declaration is wrong; the message names the file and the key."""


class UnreadableFileError(TextileError):
    """A delivered file cannot be read as its source; it is refused whole.

    ``rule`` is the rule code for the load log (for example ``file_empty``).
    """

    def __init__(self, rule: str, message: str) -> None:
        """Keep the rule code beside the message."""
        super().__init__(message)
        self.rule = rule


class BuildError(TextileError):
    """dbt failed; the message names the first failing node, ``nodes`` are all that ran."""

    def __init__(self, message: str, nodes: Sequence[Any] = ()) -> None:
        """Keep the nodes' results beside the message."""
        super().__init__(message)
        self.nodes = tuple(nodes)


class PublishError(TextileError):
    """A release cannot be published; what readers see is unchanged."""


class ReadersBlockError(PublishError):
    """A reader's open transaction holds a mart whose columns change: the same publish succeeds later."""


class StaleBuildError(PublishError):
    """Loads were accepted after the build had begun: it must be built again before it can be validated."""


class RawChangedError(TextileError):
    """Raw differs from what the newest release was built from, and no load explains it."""


class HalfRestoredError(TextileError):
    """Tables of the warehouse lack rows, keys or grants, as after an incomplete restore."""


class ExplainError(TextileError):
    """A figure or the difference of two releases cannot be explained as asked."""


class QuarantineError(TextileError):
    """The rejected rows that were asked for cannot be listed or written."""


class ExchangeRateError(TextileError):
    """A rate that was entered cannot be a customs exchange rate of that month."""


class ExportError(TextileError):
    """A mart cannot be written as the file that was asked for."""


class NoReleaseError(TextileError):
    """The release that was asked for does not exist, or was dropped."""


class BulletinError(TextileError):
    """The bulletin of a release cannot be written; the release stays published."""
