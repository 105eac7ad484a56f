"""A validation that cannot run accepts nothing."""

from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import psycopg
import pytest
from samples import load, one, orders, write

from expectations.rules import rule, suite
from include.quality.gate import Gate, GateError
from include.settings import Role, Settings

INDEX = ["_load_id", "_line_no"]


@pytest.fixture(scope="module")
def gate(module_warehouse: Settings) -> Gate:
    with psycopg.connect(module_warehouse.dsn(Role.LOADER)) as connection:
        connection.execute("create table load.sample (_load_id bigint, _line_no bigint, a int, b int)")
        connection.execute(
            "insert into load.sample select 1, n, n, nullif(n %% 2 * n, 0) from generate_series(1, %s) as n",
            [400],
        )
    return Gate(module_warehouse.dsn(Role.LOADER), module_warehouse.home / "docs")


def _rule(kind: type[gxe.Expectation], **arguments: Any) -> gx.ExpectationSuite:
    return suite(
        f"suite_{kind.__name__}_{abs(hash(str(arguments)))}", [rule(kind, "r", "规则", "rule", **arguments)]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": gxe.ExpectColumnValuesToNotBeNull, "column": "no_such_column"},
        {"kind": gxe.ExpectColumnValuesToMatchRegex, "column": "b", "regex": "("},
        {"kind": gxe.UnexpectedRowsExpectation, "unexpected_rows_query": "select nonsense from {batch}"},
        {"kind": gxe.UnexpectedRowsExpectation, "unexpected_rows_query": "select 1 / 0 from {batch}"},
    ],
    ids=["missing column", "broken pattern", "broken query", "failing query"],
)
def test_a_rule_that_cannot_be_evaluated_raises(arguments: dict[str, Any], gate: Gate) -> None:
    with pytest.raises(GateError, match="rule r on sample"):
        gate.validate("load", "sample", _rule(**arguments), INDEX)


def test_all_failing_rows_are_named_not_a_sample(gate: Gate, module_warehouse: Settings) -> None:
    (result,) = gate.validate("load", "sample", _rule(gxe.ExpectColumnValuesToNotBeNull, column="b"), INDEX)
    assert (result.success, result.unexpected_count) == (False, 200)
    assert (
        one(module_warehouse, f"select count(distinct (_load_id, _line_no)) from ({result.rows_query}) as q")
        == 200
    )


@pytest.mark.parametrize(
    "broken",
    [
        _rule(gxe.ExpectColumnValuesToNotBeNull, column="no_such_column"),
        _rule(gxe.ExpectTableRowCountToEqual, value=3),
    ],
    ids=["cannot be evaluated", "cannot name its rows"],
)
def test_a_validation_that_breaks_accepts_nothing(
    broken: gx.ExpectationSuite, warehouse: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from expectations import enterprise_orders

    monkeypatch.setattr(enterprise_orders, "enterprise_orders", lambda: broken)
    path = write(tmp_path / "a.csv", orders(6))
    with pytest.raises(GateError, match="rule r"):
        load(warehouse, "enterprise_orders", path)
    assert one(warehouse, "select count(*) from raw.enterprise_orders") == 0
    assert one(warehouse, "select status from ops.load") == "running"
    monkeypatch.undo()
    (result,) = load(warehouse, "enterprise_orders", path)
    assert (result.status, result.accepted) == ("accepted", 6)
    assert (
        one(warehouse, "select string_agg(status, ',' order by load_id) from ops.load") == "crashed,accepted"
    )
