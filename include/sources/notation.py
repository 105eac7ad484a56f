"""How a file writes numbers and dates, and its words: what a profile says of it, for the cast."""

from dataclasses import dataclass, field

from include.sources.profile import Profile


@dataclass(frozen=True)
class Notation:
    """``words`` are more words of code columns, ``date_formats`` strftime patterns or ``excel_serial``.

    ``numbers_lines``: the file has no line numbers, ours are made of what a line says.
    """

    decimal: str = "."
    thousands: str | None = None
    date_formats: tuple[str, ...] = ()
    time_zone: str = "Asia/Shanghai"
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers_lines: bool = False

    @classmethod
    def of(cls, profile: Profile) -> "Notation":
        """What the profile says."""
        return cls(
            profile.decimal,
            profile.thousands,
            profile.date_formats,
            profile.time_zone,
            profile.words,
            profile.line_numbers is not None,
        )
