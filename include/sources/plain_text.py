"""Clean text from outside for a database, JSON and a terminal."""

import re

# Longer than any of our messages; a text from a file can have any length.
_MOST_CHARACTERS = 4_000
# The limit of file systems; names in archives may be longer.
_MOST_IN_A_NAME = 255
_LINE_BREAKS = re.compile(r"[\t-\r\u2028\u2029]+")
# Control characters, marks that turn the direction of writing, and halves of characters (lone surrogates).
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def cleaned(text: str, at_most: int = _MOST_CHARACTERS) -> str:
    """``text`` as one line of at most ``at_most`` characters: line breaks as blanks, the unfit as ``?``."""
    line = _UNFIT.sub("?", _LINE_BREAKS.sub(" ", text[: at_most + 1]))
    return line if len(line) <= at_most else f"{line[: at_most - 1]}…"


def display_name(name: str) -> str:
    """A file's name for logs and tables; a line break in it becomes ``?``."""
    return cleaned(re.sub(r"[\t-\r]", "?", name), _MOST_IN_A_NAME)


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold ``text``: no NUL, no half of a character."""
    return not re.search(r"[\x00\ud800-\udfff]", text)
