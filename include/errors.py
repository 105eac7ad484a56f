"""The exceptions that reach a person: each says what is wrong, where, and what to do."""

from collections.abc import Sequence
from typing import Any


class TextileError(Exception):
    """A failure with a message for the person who must act. Never raised for a programming error."""


class UsageError(TextileError):
    """A command that cannot be done as it was typed; nothing was done."""


class SetupError(TextileError):
    """The local stack or its settings are not as they must be."""


class ContractError(TextileError):
    """A contract or profile declaration is wrong; the message names the file and the key."""


class UnreadableFileError(TextileError):
    """A delivered file cannot be read as its source; it is refused whole.

    ``rule`` is the rule code that goes to the load log (for example ``file_empty``).
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


class ReadersInTheWayError(PublishError):
    """A reader's open transaction holds a mart whose columns change: the same publish succeeds later."""


class StaleBuildError(PublishError):
    """Loads were accepted after the build had begun: it must be built again before it can be validated."""


class RawChangedError(TextileError):
    """Raw is not what the newest release was made of, though no load says so."""


class HalfRestoredError(TextileError):
    """Tables of the warehouse lack rows, keys or grants that others count on."""


class ExplainError(TextileError):
    """What was asked of a figure or of two releases cannot be answered as asked."""


class QuarantineError(TextileError):
    """What was asked of the rejected rows cannot be shown or written."""


class ExchangeRateError(TextileError):
    """A rate that was entered cannot be a customs exchange rate of that month."""


class ExportError(TextileError):
    """A mart cannot be written as the file that was asked for."""


class NoReleaseError(TextileError):
    """The release that was asked for is not there, or no longer."""


class BulletinError(TextileError):
    """The bulletin of a release cannot be written; the release itself stands."""
