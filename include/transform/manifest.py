"""What the dbt project says about its marts, read from the manifest of the last run."""

import json
from dataclasses import dataclass

from include.errors import BuildError
from include.settings import Settings


@dataclass(frozen=True)
class Mart:
    """One mart; ``restricted`` marts identify single enterprises and are not shown to BI."""

    name: str
    restricted: bool


def marts(settings: Settings) -> list[Mart]:
    """Every mart of the project, in name order; BuildError when dbt has not run here."""
    path = settings.home / "dbt" / "target" / "manifest.json"
    if not path.is_file():
        raise BuildError(
            f"{path} is missing: the marts have not been built on this machine; `textile publish` here"
            " builds them"
        )
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    models = [n for n in nodes if n["resource_type"] == "model" and n["schema"] == "candidate"]
    return sorted(
        (Mart(m["name"], bool(m["config"]["meta"].get("restricted"))) for m in models), key=lambda m: m.name
    )
