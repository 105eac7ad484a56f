"""The contract of ``marts`` with its readers, in a file: ``python -m include.transform.marts_contract``.

Columns may be added at the end, and marts. A column that is removed, moved, or changes its type or meaning,
and a mart that is removed or restricted, break queries of readers. Such a change needs a new name
(``<mart>_v2``) and a date for the old one (``meta.deprecated``): after it the mart may be removed, a column
only with its mart. The file is the last accepted contract: this command updates it from the dbt project, and
refuses a breaking change. Other words for the same meaning are named one by one: ``--reworded mart.column``.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from include.errors import ContractError, TextileError
from include.settings import PROJECT_DIR
from include.transform.dbt import DBT_PROJECT
from include.transform.deprecation import check_meaning, read_deprecation
from include.transform.mart_pages import parse_project

CONTRACT = DBT_PROJECT / "contracts" / "marts.yml"
_HEAD = """\
# The contract of the schema marts with its readers: columns in their order, their types and their meanings.
# Written by `python -m include.transform.marts_contract`: it takes additions and refuses what breaks a query.
# Only `functions` and the view release_info, which are no dbt models, are written by hand.
"""
_COMMAND = "python -m include.transform.marts_contract"

Contract = dict[str, Any]


@dataclass
class Differences:
    """Differences between the contract and the project, a line of text each."""

    breaking: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)


def read_contract(path: Path = CONTRACT) -> Contract:
    """The contract that was last accepted."""
    read: Contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def describe_marts(nodes: dict[str, Any]) -> dict[str, Any]:
    """The marts of the dbt project: mart -> its part of the contract.

    ContractError for a wrong deprecation.
    """
    marts = {}
    for node in sorted(nodes.values(), key=lambda node: str(node["name"])):
        if node["resource_type"] != "model" or node["fqn"][1] != "marts":
            continue
        name, meta = node["name"], node["config"]["meta"]
        readers = ["analyst"] if meta.get("restricted") else ["analyst", "bi_reader"]
        columns = {
            column["name"]: {"type": column["data_type"]}
            | _described(f"{name}.{column['name']}", column["description"], column["config"]["meta"])
            for column in node["columns"].values()
        }
        marts[name] = {**_described(name, node["description"], meta), "readers": readers, "columns": columns}
    return marts


def _described(name: str, description: str, meta: dict[str, Any]) -> dict[str, Any]:
    dated = read_deprecation(name, meta)
    described: dict[str, Any] = {"meaning": check_meaning(name, description, dated)}
    return {**described, "deprecated": asdict(dated)} if dated else described


def compare(
    old: dict[str, Any], new: dict[str, Any], today: dt.date, reworded: Collection[str] = ()
) -> Differences:
    """Compare two contracts' marts; ``reworded``: names whose meaning is the same in other words."""
    found = Differences()
    for mart, was in old.items():
        if mart not in new:
            _gone(found, mart, was, today)
            continue
        _same_meaning(found, mart, was, new[mart], reworded)
        _columns(found, mart, was["columns"], new[mart]["columns"], reworded)
        if lost := [role for role in was["readers"] if role not in new[mart]["readers"]]:
            found.breaking.append(f"mart {mart} can no longer be read by {', '.join(lost)}")
        elif new[mart]["readers"] != was["readers"]:
            found.accepted.append(f"mart {mart} can be read by {', '.join(new[mart]['readers'])}")
    found.accepted += [f"new mart {mart}" for mart in new if mart not in old]
    return found


def _columns(
    found: Differences,
    mart: str,
    old: dict[str, Any],
    new: dict[str, Any],
    reworded: Collection[str],
) -> None:
    new_name = f"give the changed mart the name {mart}_v2 and keep {mart} until its date"
    kept = [name for name in old if name in new]
    for name, was in old.items():
        if name not in new:
            # Views of readers may use the column, so PostgreSQL cannot drop it.
            found.breaking.append(f"column {mart}.{name} is gone: {new_name}")
        else:
            if new[name]["type"] != was["type"]:
                found.breaking.append(
                    f"column {mart}.{name} was {was['type']} and is now {new[name]['type']}: {new_name}"
                )
            _same_meaning(found, f"{mart}.{name}", was, new[name], reworded)
    places = [name for name in new if name in old]
    if places != kept:
        moved = next(now for now, before in zip(places, kept, strict=True) if now != before)
        found.breaking.append(
            f"column {mart}.{moved} has moved: leave the columns in the order of the contract"
        )
    names = list(new)
    for place, name in enumerate(names):
        if name in old:
            continue
        if any(later in old for later in names[place:]):
            found.breaking.append(f"column {mart}.{name} is new and not at the end: add it after the others")
        else:
            found.accepted.append(f"new column {mart}.{name} ({new[name]['type']})")


def _gone(found: Differences, mart: str, was: dict[str, Any], today: dt.date) -> None:
    dated = was.get("deprecated")
    if dated and today > dt.date.fromisoformat(str(dated["until"])):
        found.accepted.append(f"mart {mart} is gone; it was deprecated until {dated['until']}")
    elif dated:
        found.breaking.append(f"mart {mart} is gone, but was promised until {dated['until']}")
    else:
        found.breaking.append(f"mart {mart} is gone without notice: give it a meta.deprecated first")


def _same_meaning(
    found: Differences, name: str, was: dict[str, Any], now: dict[str, Any], reworded: Collection[str]
) -> None:
    if now["meaning"] != was["meaning"]:
        if name in reworded:
            found.accepted.append(f"{name} is described in other words")
        else:
            found.breaking.append(
                f"{name} has another description. If it means something else, it is another column or mart;"
                f" if it means the same: {_COMMAND} --reworded {name}"
            )
    before, after = was.get("deprecated"), now.get("deprecated")
    if before == after:
        return
    if before and after and str(after["until"]) < str(before["until"]):
        found.breaking.append(f"{name} was promised until {before['until']}")
    elif after:
        found.accepted.append(f"{name} is deprecated until {after['until']}, use {after['use']}")
    else:
        found.accepted.append(f"{name} is no longer deprecated")


def to_yaml(contract: Contract) -> str:
    """The text of the file."""
    return _HEAD + yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=120)


def accept(
    nodes: dict[str, Any], today: dt.date, reworded: Collection[str] = (), path: Path = CONTRACT
) -> list[str]:
    """Update the file; returns what changed, for the CHANGELOG.

    ContractError for a breaking change; the file is then unchanged.
    """
    old, new = read_contract(path), describe_marts(nodes)
    by_hand = {mart: was for mart, was in old["marts"].items() if was.get("by_hand")}
    found = compare({m: was for m, was in old["marts"].items() if m not in by_hand}, new, today, reworded)
    if found.breaking:
        raise ContractError("this breaks the contract of marts:\n- " + "\n- ".join(found.breaking))
    if found.accepted:
        changed = {**old, "version": old["version"] + 1, "marts": new | by_hand}
        path.write_text(to_yaml(changed), encoding="utf-8")
    return found.accepted


def main(arguments: list[str]) -> int:
    """Update the contract; exit code 1 for a breaking change."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Update the contract of marts.")
    parser.add_argument(
        "--reworded", nargs="+", default=[], metavar="MART.COLUMN", help="same meaning in other words"
    )
    try:
        lines = accept(parse_project(), dt.date.today(), parser.parse_args(arguments).reworded)
    except TextileError as error:
        print(error, file=sys.stderr)
        return 1
    where = f"{CONTRACT.relative_to(PROJECT_DIR)}: version {read_contract()['version']}"
    print("\n".join([*lines, f"{where}; inform readers in CHANGELOG.md" if lines else f"{where}, unchanged"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
