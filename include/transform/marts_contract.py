"""What ``marts`` promises to its readers, kept in a file: ``python -m include.transform.marts_contract``.

Columns and marts may be added, at the end. What has been promised stays: a column that goes, moves, changes
its type or its meaning, and a mart that goes or is shown to fewer, break the queries of people we do not
know. Such a change takes a new name (``<mart>_v2``), and the old one a date (``meta.deprecated``): a mart
may go after it, a column only with its mart. The file
is the last contract that was accepted: this command brings it up to date with the dbt project, and refuses
where that would break it. Other words for the same meaning are named one by one: ``--reworded mart.column``.
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
from include.transform.deprecation import deprecation, meaning
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
    """Between the contract and the project, each a line for a person."""

    breaking: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)


def promised(path: Path = CONTRACT) -> Contract:
    """The contract as it was last accepted."""
    read: Contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def offered(nodes: dict[str, Any]) -> dict[str, Any]:
    """What the dbt project would show: mart -> its part of the contract.

    ContractError for a deprecation that is not said as it must be.
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
    dated = deprecation(name, meta)
    said: dict[str, Any] = {"meaning": meaning(name, description, dated)}
    return {**said, "deprecated": asdict(dated)} if dated else said


def differences(
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
            found.breaking.append(f"mart {mart} is no longer shown to {', '.join(lost)}")
        elif new[mart]["readers"] != was["readers"]:
            found.accepted.append(f"mart {mart} is shown to {', '.join(new[mart]['readers'])}")
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
            # A view of others' views cannot lose a column; a mart of a new name can do without it.
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
        found.breaking.append(f"mart {mart} is gone, but readers were told it stays until {dated['until']}")
    else:
        found.breaking.append(f"mart {mart} is gone, and no reader was told: give it a meta.deprecated first")


def _same_meaning(
    found: Differences, name: str, was: dict[str, Any], now: dict[str, Any], reworded: Collection[str]
) -> None:
    if now["meaning"] != was["meaning"]:
        if name in reworded:
            found.accepted.append(f"{name} is described in other words")
        else:
            found.breaking.append(
                f"{name} is described otherwise. Where it means something else, it is another column or mart;"
                f" where it means the same: {_COMMAND} --reworded {name}"
            )
    before, after = was.get("deprecated"), now.get("deprecated")
    if before == after:
        return
    if before and after and str(after["until"]) < str(before["until"]):
        found.breaking.append(f"{name}: readers were told it stays until {before['until']}")
    elif after:
        found.accepted.append(f"{name} is deprecated until {after['until']}, use {after['use']}")
    else:
        found.accepted.append(f"{name} is no longer deprecated")


def text_of(contract: Contract) -> str:
    """The file's text."""
    return _HEAD + yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=120)


def accept(
    nodes: dict[str, Any], today: dt.date, reworded: Collection[str] = (), path: Path = CONTRACT
) -> list[str]:
    """Bring the file up to date; returns what changed, for the CHANGELOG.

    ContractError where that would break it; the file is then as it was.
    """
    old, new = promised(path), offered(nodes)
    by_hand = {mart: was for mart, was in old["marts"].items() if was.get("by_hand")}
    found = differences({m: was for m, was in old["marts"].items() if m not in by_hand}, new, today, reworded)
    if found.breaking:
        raise ContractError("this breaks the contract of marts:\n- " + "\n- ".join(found.breaking))
    if found.accepted:
        changed = {**old, "version": old["version"] + 1, "marts": new | by_hand}
        path.write_text(text_of(changed), encoding="utf-8")
    return found.accepted


def main(arguments: list[str]) -> int:
    """Bring the contract up to date; exit code 1 where the project would break it."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Bring the contract of marts up to date.")
    parser.add_argument(
        "--reworded", nargs="+", default=[], metavar="MART.COLUMN", help="same meaning in other words"
    )
    try:
        lines = accept(parse_project(), dt.date.today(), parser.parse_args(arguments).reworded)
    except TextileError as error:
        print(error, file=sys.stderr)
        return 1
    where = f"{CONTRACT.relative_to(PROJECT_DIR)}: version {promised()['version']}"
    print(
        "\n".join([*lines, f"{where}; tell the readers in CHANGELOG.md" if lines else f"{where}, unchanged"])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
