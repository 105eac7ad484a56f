"""A file's notation of numbers, dates and words, from its profile, for the cast."""

from dataclasses import dataclass, field

from include.sources.profile import Profile


@dataclass(frozen=True)
class Notation:
    """``words`` are further words of code columns, ``date_formats`` strftime patterns or ``excel_serial``.

    ``numbers_lines``: the file has no line numbers; they are computed from the content of a line.
    """

    decimal: str = "."
    thousands: str | None = None
    date_formats: tuple[str, ...] = ()
    time_zone: str = "Asia/Shanghai"
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers_lines: bool = False

    @classmethod
    def of(cls, profile: Profile) -> "Notation":
        """The notation of a profile."""
        return cls(
            profile.decimal,
            profile.thousands,
            profile.date_formats,
            profile.time_zone,
            profile.words,
            profile.line_numbers is not None,
        )
