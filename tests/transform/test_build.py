"""How dbt is run: what it returns, what it raises, what it leaves alone."""

import os
import subprocess
import sys

import psycopg
import pytest
import yaml

from expectations.marts import MARTS
from include.errors import BuildError
from include.settings import PROJECT_DIR, Role
from include.transform import dbt


def test_unit_tests_pass(built):
    with psycopg.connect(built.dsn(Role.ADMIN), autocommit=True) as admin:
        # dbt writes the fixtures of unit tests to temporary tables, which the role needs for nothing else.
        admin.execute(f'grant temporary on database "{built.pg_database}" to transformer')
    files = (PROJECT_DIR / "dbt_project" / "models").rglob("*.yml")
    declared = {
        test["name"]
        for file in files
        for test in yaml.safe_load(file.read_text(encoding="utf-8")).get("unit_tests", [])
    }
    result = dbt.run_unit_tests(built)
    assert {node.name for node in result.nodes} == declared
    assert len(declared) >= 9


def test_build_reports_every_node_and_leaves_the_source_tree_alone(built):
    before = sorted(path for path in dbt.DBT_PROJECT.rglob("*"))
    result = dbt.build(built)
    assert sorted(path for path in dbt.DBT_PROJECT.rglob("*")) == before
    by_name = {node.name: node for node in result.nodes}
    assert by_name["growth"].resource_type == "model"
    assert by_name["growth"].status == "success"
    assert by_name["dim_product"].rows == 9
    assert by_name["int_orders__sales"].rows is None
    assert {node.resource_type for node in result.nodes} == {"seed", "model", "test", "exposure"}


def test_a_failing_test_names_itself_and_its_rows(built, new_warehouse):
    failing = new_warehouse(like=built)
    with psycopg.connect(failing.dsn(Role.ADMIN)) as admin:
        admin.execute("update raw.enterprise_orders set order_date = '1999-12-31' where amount = 900")
    with pytest.raises(
        BuildError, match="every_month_of_sales_is_in_the_release_calendar failed: Got 1 result"
    ):
        dbt.build(failing)


def test_a_database_that_does_not_answer_is_a_build_error(built):
    elsewhere = built.model_copy(update={"pg_database": "nowhere"})
    with pytest.raises(BuildError, match="nowhere"):
        dbt.build(elsewhere)


def test_the_build_survives_its_environment(built, monkeypatch):
    # Another warehouse's variables must neither be used nor be lost.
    monkeypatch.setenv("TEXTILE_PG_DATABASE", "nowhere")
    dbt.run_unit_tests(built)

    assert os.environ["TEXTILE_PG_DATABASE"] == "nowhere"
    assert "DBT_ENV_SECRET_TRANSFORMER_PASSWORD" not in os.environ


def test_marts_are_described_in_the_database(built):
    with psycopg.connect(built.dsn(Role.ADMIN)) as admin:
        undescribed = admin.execute(
            "select relname, attname from pg_class join pg_attribute on attrelid = pg_class.oid"
            " where relnamespace = 'candidate'::regnamespace and relkind = 'r' and attnum > 0"
            " and col_description(attrelid, attnum) is null"
        ).fetchall()
        grains = admin.execute(
            "select relname, obj_description(oid) from pg_class"
            " where relnamespace = 'candidate'::regnamespace and relkind = 'r' order by relname"
        ).fetchall()
    assert undescribed == []
    assert [name for name, _ in grains] == sorted(MARTS)
    assert [name for name, text in grains if not (text or "").startswith("grain: one row per ")] == []


def test_importing_the_module_does_not_import_dbt():
    code = "import sys, include.transform.dbt; sys.exit('dbt.cli.main' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT_DIR)


def test_code_version_is_short_and_stable():
    assert dbt.code_version() == dbt.code_version()
    assert len(dbt.code_version()) == 12
