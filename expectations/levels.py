"""What a failure of a rule does; docs/engineers.md explains each."""

from typing import Literal

Level = Literal["row", "file", "release", "drift", "warning"]
