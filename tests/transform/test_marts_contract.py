"""The contract of marts: additions are taken in, what would break a reader's query is refused."""

import datetime as dt
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from include.errors import ContractError
from include.settings import PROJECT_DIR, Role, Settings
from include.transform.deprecation import Deprecation
from include.transform.mart_pages import parse_project
from include.transform.marts_contract import (
    CONTRACT,
    Differences,
    accept,
    compare,
    describe_marts,
    read_contract,
    to_yaml,
)
from include.warehouse.connection import scalar

TODAY = dt.date(2026, 11, 24)
DATED = {"since": "2026-11-01", "until": "2027-05-01", "use": "value_cny"}
SENTENCE = (
    "DEPRECATED since 2026-11-01 until 2027-05-01, use value_cny: / "
    "弃用：自 2026-11-01 至 2027-05-01，请改用 value_cny。"
)


def dated(entry: dict[str, Any]) -> str:
    """How the description of a deprecated column or mart begins."""
    return Deprecation(**entry["deprecated"]).sentence if "deprecated" in entry else ""


def column(name: str, kind: str = "text", description: str = "What it is.", **meta: Any) -> dict[str, Any]:
    return {"name": name, "data_type": kind, "description": description, "config": {"meta": meta}}


def node(*columns: dict[str, Any], name: str = "sales", **meta: Any) -> dict[str, Any]:
    """A mart as the manifest has it."""
    return {
        "name": name,
        "resource_type": "model",
        "fqn": ["lanxi_textile", "marts", "markets", name],
        "description": "grain: one row per month.",
        "config": {"meta": meta},
        "columns": {c["name"]: c for c in columns},
    }


def marts(*nodes: dict[str, Any]) -> dict[str, Any]:
    return describe_marts({n["name"]: n for n in nodes})


MONTH, VALUE, SHARE = column("month", "date"), column("value_cny", "numeric"), column("share", "numeric")
OLD = node(MONTH, VALUE, SHARE)


def compared(
    *nodes: dict[str, Any], old: dict[str, Any] = OLD, reworded: tuple[str, ...] = ()
) -> Differences:
    return compare(marts(old), marts(*nodes), TODAY, reworded)


@pytest.mark.heavy
def test_the_project_keeps_its_contract() -> None:
    contract = read_contract()
    by_dbt = {mart: was for mart, was in contract["marts"].items() if not was.get("by_hand")}
    found = compare(by_dbt, describe_marts(parse_project()), dt.date.today())
    assert found.breaking == [], "take a new name (_v2), or see include/transform/marts_contract.py"
    assert found.accepted == [], (
        "run: python -m include.transform.marts_contract, and inform readers in CHANGELOG.md"
    )
    assert CONTRACT.read_text(encoding="utf-8") == to_yaml(contract)
    assert len(by_dbt) >= 22


def test_nothing_changed_is_no_difference() -> None:
    assert compared(OLD) == Differences()


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (node(MONTH, SHARE), "column sales.value_cny is gone: give the changed mart the name sales_v2"),
        (node(MONTH, column("value", "numeric"), SHARE), "column sales.value_cny is gone"),
        (node(MONTH, column("value_cny"), SHARE), "column sales.value_cny was numeric and is now text"),
        (node(MONTH, SHARE, VALUE), "column sales.share has moved"),
        (node(MONTH, column("extra"), VALUE, SHARE), "column sales.extra is new and not at the end"),
        (
            node(MONTH, VALUE, column("share", "numeric", "Something else.")),
            "sales.share has another description",
        ),
        ({**OLD, "description": "grain: one row per year."}, "sales has another description"),
        (node(MONTH, VALUE, SHARE, restricted=True), "mart sales can no longer be read by bi_reader"),
        ({**OLD, "name": "sales_v2"}, "mart sales is gone without notice"),
    ],
)
def test_each_breaking_change_is_named(changed: dict[str, Any], complaint: str) -> None:
    assert any(line.startswith(complaint) for line in compared(changed).breaking)


def test_of_two_new_columns_the_one_before_an_old_one_is_named() -> None:
    found = compared(node(MONTH, VALUE, column("a"), SHARE, column("b")))
    assert found.breaking == ["column sales.a is new and not at the end: add it after the others"]
    assert found.accepted == ["new column sales.b (text)"]


def test_additions_are_accepted() -> None:
    found = compared(node(MONTH, VALUE, SHARE, column("stage")), node(MONTH, name="sales_v2"))
    assert found == Differences(accepted=["new column sales.stage (text)", "new mart sales_v2"])


def test_other_words_are_accepted_when_they_are_named() -> None:
    changed = node(MONTH, VALUE, column("share", "numeric", "The same, with better words."))
    assert compared(changed, reworded=("sales.value_cny",)).breaking
    assert compared(changed, reworded=("sales.share",)) == Differences(
        accepted=["sales.share is described in other words"]
    )


def test_a_restricted_mart_may_get_more_readers() -> None:
    found = compared(OLD, old=node(MONTH, VALUE, SHARE, restricted=True))
    assert found == Differences(accepted=["mart sales can be read by analyst, bi_reader"])


def test_a_deprecated_column_stays_as_long_as_its_mart() -> None:
    old = node(MONTH, VALUE, column("share", "numeric", f"{SENTENCE} What it is.", deprecated=DATED))
    assert compared(old).accepted == ["sales.share is deprecated until 2027-05-01, use value_cny"]
    for day in (dt.date(2027, 5, 1), dt.date(2027, 5, 2)):
        found = compare(marts(old), marts(node(MONTH, VALUE)), day).breaking
        assert found[0].startswith("column sales.share is gone: give the changed mart the name sales_v2")


def test_a_deprecated_mart_stays_until_its_date() -> None:
    old = {**node(MONTH, deprecated=DATED), "description": f"{SENTENCE} grain: one row per month."}
    assert compare(marts(old), {}, TODAY).breaking == [
        "mart sales is gone, but was promised until 2027-05-01"
    ]
    assert compare(marts(old), {}, dt.date(2027, 5, 2)).breaking == []


def test_a_deprecation_date_cannot_be_moved_forward() -> None:
    def until(day: str) -> dict[str, Any]:
        dated = {**DATED, "until": day}
        sentence = SENTENCE.replace("2027-05-01", day)
        return node(MONTH, column("share", "numeric", f"{sentence} What it is.", deprecated=dated))

    sooner = compared(until("2027-04-30"), old=until("2027-05-01"))
    assert sooner.breaking == ["sales.share was promised until 2027-05-01"]
    assert compared(until("2027-05-02"), old=until("2027-05-01")).breaking == []
    assert compared(node(MONTH, SHARE), old=until("2027-05-01")).accepted == [
        "sales.share is no longer deprecated"
    ]


@pytest.mark.parametrize(
    ("description", "deprecated", "complaint"),
    [
        ("What it is.", DATED, "its description must begin with 'DEPRECATED since 2026-11-01 until"),
        (SENTENCE, None, "sales.share is described as deprecated: give the dates"),
        (SENTENCE, {"since": "2026-11-01"}, "meta.deprecated must be"),
        (SENTENCE, {**DATED, "until": "May"}, "dates are written 2026-11-24"),
        (SENTENCE, {**DATED, "until": "2026-11-01"}, "until 2026-11-01 is not after since 2026-11-01"),
    ],
)
def test_a_deprecation_has_dates_and_a_sentence(description: str, deprecated: Any, complaint: str) -> None:
    meta = {"deprecated": deprecated} if deprecated else {}
    with pytest.raises(ContractError, match=complaint):
        marts(node(column("share", "numeric", description, **meta)))


def test_the_sentence_of_a_deprecation_is_in_both_languages() -> None:
    dated = Deprecation(dt.date(2026, 11, 1), dt.date(2027, 5, 1), "value_cny")
    assert dated.sentence == SENTENCE


def test_additions_are_written_to_the_file_and_breaking_changes_are_not(tmp_path: Any) -> None:
    path = tmp_path / "marts.yml"
    by_hand = {"by_hand": True, "meaning": "One row.", "readers": ["analyst"], "columns": {}}
    contract = {"version": 4, "functions": {}, "marts": {**marts(OLD), "release_info": by_hand}}
    path.write_text(to_yaml(contract), encoding="utf-8")
    wider = {"sales": node(MONTH, VALUE, SHARE, column("stage"))}
    assert accept({"sales": OLD}, TODAY, path=path) == []
    assert read_contract(path) == contract
    assert accept(wider, TODAY, path=path) == ["new column sales.stage (text)"]
    now = read_contract(path)
    assert (now["version"], list(now["marts"]["sales"]["columns"])[-1]) == (5, "stage")
    assert now["marts"]["release_info"] == by_hand
    with pytest.raises(ContractError, match=r"- column sales\.stage is gone"):
        accept({"sales": OLD}, TODAY, path=path)
    assert read_contract(path) == now


@pytest.mark.heavy
def test_the_command_says_that_nothing_changed() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "include.transform.marts_contract"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
    )
    assert run.stdout == f"dbt_project/contracts/marts.yml: version {read_contract()['version']}, unchanged\n"


def test_the_database_shows_what_is_promised(published: Settings) -> None:
    """The views of a real release: names, order, types, meanings and who may read; functions too."""
    contract = read_contract()
    with psycopg.connect(published.dsn(Role.ADMIN)) as admin:
        visible = admin.execute(
            "select relname, array(select attname || ' ' || format_type(atttypid, null) from pg_attribute"
            " where attrelid = v.oid and attnum > 0 order by attnum),"
            " array(select col_description(v.oid, attnum) from pg_attribute"
            " where attrelid = v.oid and attnum > 0 order by attnum),"
            " array(select role from unnest(array['analyst', 'bi_reader']) as role"
            " where has_table_privilege(role, v.oid, 'select'))"
            " from pg_class as v where relnamespace = 'marts'::regnamespace"
        ).fetchall()
        functions = admin.execute(
            "select proname || '(' || pg_get_function_identity_arguments(oid) || ')'"
            " from pg_proc where pronamespace = 'marts'::regnamespace"
            " and has_function_privilege('bi_reader', oid, 'execute')"
        ).fetchall()
        found = {name: (columns, meanings, roles) for name, columns, meanings, roles in visible}
        types = {entry["type"] for mart in contract["marts"].values() for entry in mart["columns"].values()}
        real = {
            kind: scalar(admin, "select format_type(to_regtype(%(kind)s), null)", {"kind": kind})
            for kind in types
        }
    assert set(found) == set(contract["marts"])
    assert {name for (name,) in functions} == set(contract["functions"])
    for name, mart in contract["marts"].items():
        columns = [f"{c} {real[entry['type']]}" for c, entry in mart["columns"].items()]
        meanings = [
            " ".join(filter(None, (dated(entry), entry["meaning"]))) for entry in mart["columns"].values()
        ]
        assert found[name][0] == columns, name
        assert [" ".join(text.split()) for text in found[name][1]] == meanings, name
        assert found[name][2] == mart["readers"], name
