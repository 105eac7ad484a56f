"""The marts of the dbt project, read from the manifest of the last run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from include.errors import BuildError
from include.settings import Settings


@dataclass(frozen=True)
class Mart:
    """One mart; ``restricted``: it identifies single enterprises, so bi_reader may not read it.

    ``key``: the columns that identify a row. ``inputs``: the files of the project that its figures
    depend on, as :func:`include.transform.dbt.inputs` names them.
    """

    name: str
    restricted: bool
    key: tuple[str, ...]
    inputs: tuple[str, ...]


def marts(settings: Settings) -> list[Mart]:
    """Every mart of the project, in name order; BuildError when dbt has not run here."""
    path = settings.home / "dbt" / "target" / "manifest.json"
    if not path.is_file():
        raise BuildError(
            f"{path} is missing: the marts have not been built on this machine; `textile publish` here"
            " builds them"
        )
    project = json.loads(path.read_text(encoding="utf-8"))
    keys = dict(_keys(project["nodes"].values()))
    return sorted(
        (
            Mart(
                node["name"],
                bool(node["config"]["meta"].get("restricted")),
                keys[node["unique_id"]],
                tuple(sorted(_inputs(node, project))),
            )
            for node in project["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == "candidate"
        ),
        key=lambda mart: mart.name,
    )


def _keys(nodes: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Model -> its key: the columns of its test on uniqueness."""
    for node in nodes:
        test = node.get("test_metadata") or {}
        if test.get("name") == "unique_combination":
            yield node["attached_node"], tuple(test["kwargs"]["columns"])
        elif test.get("name") == "unique":
            yield node["attached_node"], (test["kwargs"]["column_name"],)


def _inputs(node: dict[str, Any], project: dict[str, Any]) -> set[str]:
    """Files of the models, seeds and macros that a node depends on, its own included, and its sources."""
    known = {**project["nodes"], **project["macros"]}
    found, waiting, files = {node["unique_id"]}, [node["unique_id"]], {"dbt_project.yml"}
    while waiting:
        name = waiting.pop()
        parent = known.get(name)
        if parent is None:
            files.add(".".join(name.split(".")[-2:]))  # a source: its table
            continue
        if parent["package_name"] == node["package_name"]:
            files.add(parent["original_file_path"])
        new = {*parent["depends_on"].get("nodes", []), *parent["depends_on"].get("macros", [])} - found
        found |= new
        waiting += new
    return files
