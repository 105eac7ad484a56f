"""Numbered migrations: applied in their order, to tables with rows, completely or not at all."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from samples import one, query

from include.errors import SetupError
from include.local import postgres
from include.settings import Role, Settings
from include.warehouse import bootstrap, migrations
from include.warehouse.connection import connect, exclusive

FOLDER = Path(migrations.__file__).parent / "schema" / "migrations"
REVISIONS = [s.revision for s in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions()))]
# <revision>.sql: a row for each table that the revision makes. Later migrations run on them.
ROWS = Path(__file__).parent / "rows"
AddMigration = Callable[[str], None]


@pytest.fixture
def empty_database(warehouse: Settings) -> Settings:
    """An empty_database database, beside a warehouse that is set up."""
    name = f"{warehouse.pg_database}_empty"
    with psycopg.connect(warehouse.dsn(Role.ADMIN), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return warehouse.model_copy(update={"pg_database": name})


@pytest.fixture
def add_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AddMigration:
    """Add a migration with this SQL to the existing ones, until the test ends."""

    def add(sql: str) -> None:
        folder = shutil.copytree(FOLDER, tmp_path / "100% new")
        first = folder / "versions" / "0001_first.py"
        script = first.read_text().replace('"0001"', '"second"').replace("= None", f'= "{REVISIONS[-1]}"')
        first.with_name("second.py").write_text(script)
        first.with_name("second.sql").write_text(sql)
        monkeypatch.setattr(migrations, "_FOLDER", folder)

    return add


def up(settings: Settings) -> None:
    bootstrap.apply(settings.dsn(Role.ADMIN), {role.value: settings.password(role) for role in Role})


def schema(settings: Settings) -> str:
    """The whole schema of the database, and its revision."""
    dumped = subprocess.run(
        [postgres.program("pg_dump"), "--schema-only"],
        env={**os.environ, **settings.libpq(Role.ADMIN)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    revision = one(settings, "select version_num from ops.alembic_version")
    return revision + re.sub(r"^\\(un)?restrict .*$", "", dumped, flags=re.MULTILINE)


def rows(settings: Settings) -> dict[str, int]:
    tables = query(
        settings,
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname in ('ops', 'store') and tablename <> 'alembic_version'",
    )
    return {table: one(settings, f"select count(*) from {table}") for (table,) in tables}


def test_each_migration_keeps_the_rows_and_the_last_ends_in_the_schema_of_a_new_database(
    warehouse, empty_database
):
    query(empty_database, "create schema ops")
    query(empty_database, "create schema store")
    for revision in REVISIONS:
        before = rows(empty_database)
        with migrations.engine(empty_database.dsn(Role.ADMIN)).begin() as connection:
            migrations.upgrade(connection, revision)
        assert before.items() <= rows(empty_database).items(), revision
        if (file := ROWS / f"{revision}.sql").is_file():
            query(empty_database, file.read_text(encoding="utf-8"))
    before = rows(empty_database)
    assert all(before.values()), f"a table without a row: write it into {ROWS.name}/<revision>.sql"
    up(empty_database)
    assert rows(empty_database) == before
    assert schema(empty_database) == schema(warehouse)


def test_setting_up_again_changes_nothing(warehouse):
    before = schema(warehouse)
    up(warehouse)
    assert schema(warehouse) == before


def test_setting_up_again_undoes_manual_changes(warehouse):
    before = schema(warehouse)
    for change in (
        "create or replace view ops.months_to_build as select source, month from ops.load_month",
        "create or replace function marts.known(figure numeric, reason text) returns numeric language sql"
        " immutable parallel safe as 'select figure'",
        "revoke select on ops.load from publisher",
        "alter schema staging owner to postgres",
    ):
        query(warehouse, change)
        assert schema(warehouse) != before, change
    up(warehouse)
    assert schema(warehouse) == before


def test_two_set_ups_at_once_run_one_after_the_other(warehouse, empty_database):
    with ThreadPoolExecutor() as pool:
        list(pool.map(up, [empty_database, empty_database]))
    assert schema(empty_database) == schema(warehouse)


def test_a_new_migration_runs_once_on_the_existing_rows(warehouse, add_migration):
    query(warehouse, "insert into ops.mart values ('growth', '{month}', '{}')")
    add_migration("alter table ops.mart add note text; update ops.mart set note = mart || ' 100%, a:b';")
    for _ in range(2):
        up(warehouse)
    assert query(warehouse, "select mart, note from ops.mart") == [("growth", "growth 100%, a:b")]


def test_a_migration_that_fails_half_way_leaves_nothing(warehouse, add_migration):
    before = schema(warehouse)
    add_migration("alter table ops.mart add note text; alter table ops.mart add note text;")
    message = r'^second\.sql failed, and the database is as it was before: column "note" of .* exists$'
    with pytest.raises(SetupError, match=message):
        up(warehouse)
    assert schema(warehouse) == before


def test_a_database_of_newer_code_is_refused(warehouse, add_migration, monkeypatch):
    add_migration("alter table ops.mart add note text;")
    up(warehouse)
    monkeypatch.undo()
    before = schema(warehouse)
    message = (
        f"newer than this code: its schema is at revision second, and the newest here is {REVISIONS[-1]}"
    )
    with pytest.raises(SetupError, match=message):
        up(warehouse)
    assert schema(warehouse) == before


def test_a_database_from_before_the_first_migration_is_refused(warehouse):
    query(warehouse, "drop table ops.alembic_version")
    with pytest.raises(SetupError, match="older than the first migration"):
        up(warehouse)


def test_a_view_that_cannot_be_replaced_is_named(warehouse):
    query(warehouse, "drop view ops.months_to_build")
    query(warehouse, "create view ops.months_to_build as select 1 as n")
    with pytest.raises(SetupError, match=r"^views\.sql failed, .*: cannot change name of view column"):
        up(warehouse)


def test_no_reader_and_no_load_waits_for_a_migration(new_warehouse, published, add_migration, monkeypatch):
    settings = new_warehouse(published)
    add_migration("alter table ops.release add note text;")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "200ms")
    before = schema(settings)
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute("select * from marts.release_info")
        with pytest.raises(SetupError, match="reader's open transaction"):
            up(settings)
    with (
        connect(settings, Role.LOADER, autocommit=True) as loader,
        exclusive(loader, "load.enterprise_orders"),
        pytest.raises(SetupError, match="while a load"),
    ):
        up(settings)
    assert schema(settings) == before
    up(settings)
    assert query(settings, "select note from ops.release") == [(None,)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "alter table raw.enterprise_orders drop column amount",
            r"raw\.enterprise_orders\.amount: the contract says numeric\(.*, the table has no such column",
        ),
        (
            "alter table raw.customs_exports_history add colour text",
            r"raw\.customs_exports_history\.colour: the contract says no such column, the table has text",
        ),
        (
            "alter table raw.enterprise_orders alter updated_at type date",
            r"raw\.enterprise_orders\.updated_at: the contract says timestamp with .*, the table has date",
        ),
    ],
)
def test_a_raw_table_that_differs_from_its_contract_needs_a_migration(warehouse, change, message):
    query(warehouse, change)
    with pytest.raises(SetupError, match=f"{message}. Write a migration"):
        up(warehouse)
