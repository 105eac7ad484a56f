"""The levels of rules; docs/engineers.md explains what a failure of each does."""

from typing import Literal

Level = Literal["row", "file", "release", "drift", "warning"]
