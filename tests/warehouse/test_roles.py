"""What each role can NOT do: the whole matrix is tried, not read from the grants."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from samples import load, one, order, query, write

from include.settings import Role, Settings
from include.warehouse import bootstrap
from include.warehouse.connection import connect, exclusive

ROLES = [role for role in Role if role is not Role.ADMIN]
RELATIONS = {
    "raw.enterprise_orders": "amount",
    "raw.enterprise_orders_history": "amount",
    "ops.alembic_version": "version_num",
    "ops.load": "message",
    "ops.quarantine": "raw_line",
    "ops.refused_row": "raw_line",
    "ops.load_enterprise": "enterprise_uscc",
    "ops.load_month": "build_id",
    "ops.months_to_build": "month",
    "ops.source_quality": "source",
    "ops.source_quality_rules": "source",
    "ops.validation_result": "details",
    "ops.build": "message",
    "ops.release": "code_version",
    "ops.release_switch": "reason",
    "ops.accepted_drift": "reason",
    "ops.difference": "place",
    "load.batch": "n",
    "staging.stg_enterprise_orders__versions": "order_no",
    "intermediate.int_orders__sales": "order_no",
    "reference.exchange_rates": "currency",
    "ops.exchange_rate": "currency",
    "candidate.market_share": "share",
    "store.market_share": "share",
    "store.current_release": "release_id",
    "marts.market_share": "share",
    "marts.dual_circulation": "export_share",
    "marts.enterprise_mix": "export_share",
    "marts.source_quality": "source",
    "marts.dim_enterprise": "enterprise_uscc",
    "marts.release_info": "code_version",
    "marts_history.market_share": "share",
    "marts_history.enterprise_mix": "export_share",
    "marts_history.release_info": "code_version",
    "workbench.notes": "n",
}
VIEWS = ("staging", "intermediate", "marts.", "marts_history", "ops.source_quality", "ops.months")
SCHEMAS = sorted({name.split(".")[0] for name in RELATIONS} | {"public"})
# s(elect), i(nsert), u(pdate), d(elete), t(runcate): all that a role may do; everything else is refused.
MAY = {
    Role.LOADER: {
        "raw.enterprise_orders": "sid",
        "raw.enterprise_orders_history": "sid",
        "ops.load": "siu",
        "ops.quarantine": "si",
        "ops.refused_row": "si",
        "ops.load_enterprise": "si",
        "ops.load_month": "i",
        "ops.source_quality": "s",
        "ops.source_quality_rules": "s",
        "ops.validation_result": "si",
        "load.batch": "siudt",
    },
    Role.TRANSFORMER: {
        "ops.months_to_build": "s",
        "ops.exchange_rate": "s",
        "ops.source_quality": "s",
        "ops.source_quality_rules": "s",
        "raw.enterprise_orders": "s",
        "raw.enterprise_orders_history": "s",
        "staging.stg_enterprise_orders__versions": "s",
        "intermediate.int_orders__sales": "s",
        "reference.exchange_rates": "siudt",
        "candidate.market_share": "siudt",
        "store.market_share": "s",
        "store.current_release": "s",
    },
    Role.PUBLISHER: {
        "raw.enterprise_orders": "s",
        "raw.enterprise_orders_history": "s",
        "ops.load": "s",
        "ops.load_month": "su",
        "ops.exchange_rate": "si",
        "ops.months_to_build": "s",
        "ops.refused_row": "sd",
        "ops.source_quality": "s",
        "ops.source_quality_rules": "s",
        "ops.validation_result": "sid",
        "ops.build": "siu",
        "ops.release": "siu",
        "ops.release_switch": "si",
        "ops.accepted_drift": "si",
        "ops.difference": "sidt",
        "staging.stg_enterprise_orders__versions": "s",
        "intermediate.int_orders__sales": "s",
        "reference.exchange_rates": "s",
        "candidate.market_share": "s",
        "store.market_share": "siudt",
        "store.current_release": "siu",
        "marts.market_share": "siud",
        "marts.dual_circulation": "siud",
        "marts.enterprise_mix": "siud",
        "marts.source_quality": "siud",
        "marts.dim_enterprise": "siud",
        "marts.release_info": "siu",
        "marts_history.market_share": "s",
        "marts_history.enterprise_mix": "s",
        "marts_history.release_info": "s",
    },
    Role.ANALYST: {
        "marts.market_share": "s",
        "marts.dual_circulation": "s",
        "marts.enterprise_mix": "s",
        "marts.source_quality": "s",
        "marts.dim_enterprise": "s",
        "marts.release_info": "s",
        "marts_history.market_share": "s",
        "marts_history.enterprise_mix": "s",
        "marts_history.release_info": "s",
        "workbench.notes": "siudt",
    },
    Role.BI_READER: {
        "marts.market_share": "s",
        "marts.dual_circulation": "s",
        "marts.release_info": "s",
        "marts_history.market_share": "s",
        "marts_history.release_info": "s",
    },
}
MAY_CREATE_IN = {
    Role.LOADER: {"load"},
    Role.TRANSFORMER: {"staging", "intermediate", "reference", "candidate"},
    Role.PUBLISHER: {"store", "marts", "marts_history"},
    Role.ANALYST: {"workbench"},
    Role.BI_READER: set(),
}
STATEMENTS = {
    "s": "select 1 from {relation} limit 0",
    "i": "insert into {relation} ({column}) values (null)",
    "u": "update {relation} set {column} = {column} where false",
    "d": "delete from {relation} where false",
    "t": "truncate {relation}",
}


@pytest.fixture(scope="module")
def populated(new_warehouse: Callable[..., Settings], published: Settings) -> Settings:
    """A published warehouse with a load table and an analyst's own table."""
    settings = new_warehouse(published)
    query(settings, "create table load.batch (n int)", role=Role.LOADER)
    query(settings, "create table workbench.notes (n int)", role=Role.ANALYST)
    return settings


def refused(settings: Settings, role: Role, statement: str) -> bool:
    """Whether the statement is refused; it is rolled back."""
    with psycopg.connect(settings.dsn(role)) as connection:
        # A session can end its read-only mode, so the privileges must be enough.
        connection.execute("set transaction read write")
        try:
            connection.execute(statement.encode())
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
            return True  # the second: a view that nobody can write to
        except psycopg.errors.IntegrityError:
            return False  # only the row itself was wrong
        finally:
            connection.rollback()
        return False


def test_the_matrix_names_every_kind_of_relation(populated):
    """A schema that is not in the matrix, or a relation that is not there, would not be tested."""
    schemas = query(
        populated,
        "select nspname from pg_namespace where nspname not like 'pg\\_%%'"
        " and nspname not in ('information_schema', %s)",
        "public",
    )
    assert {name for (name,) in schemas} | {"public"} == set(SCHEMAS)
    for relation in RELATIONS:
        assert query(populated, "select to_regclass(%s) is not null", relation) == [(True,)], relation


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_do_what_it_must_and_nothing_else(populated, role):
    allowed: dict[str, str] = {}
    for relation, column in RELATIONS.items():
        letters = "siud" if relation.startswith(VIEWS) else "siudt"
        done = [
            letter
            for letter in letters
            if not refused(populated, role, STATEMENTS[letter].format(relation=relation, column=column))
        ]
        if done:
            allowed[relation] = "".join(done)
    assert allowed == MAY[role]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_creates_only_where_it_must(populated, role):
    created = {s for s in SCHEMAS if not refused(populated, role, f"create table {s}.mine (n int)")}
    assert created == MAY_CREATE_IN[role]
    assert refused(populated, role, "create schema mine")
    writers = {Role.LOADER, Role.TRANSFORMER, Role.PUBLISHER}
    assert refused(populated, role, "create temporary table mine (n int)") == (role not in writers)


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        (Role.ANALYST, set()),
        (
            Role.BI_READER,
            {
                *("enterprise_mix", "dim_enterprise", "dim_enterprise_history", "order_customs_bridge"),
                *("source_quality", "source_quality_rules"),
            },
        ),
    ],
)
def test_readers_see_the_marts_and_no_other_relation(populated, role, hidden):
    every = query(
        populated,
        "select relnamespace::regnamespace::text, relname from pg_class"
        " where relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relowner <> %s::regrole"
        " and relnamespace::regnamespace::text not like all(array['pg\\_%%', 'information_schema'])"
        " and has_schema_privilege(%s, relnamespace, 'usage')"
        " and (relkind = 'S' and has_sequence_privilege(%s, oid, 'usage, select, update') or relkind <> 'S'"
        " and has_table_privilege(%s, oid, 'select, insert, update, delete, truncate, references'))",
        *[role.value] * 4,
    )
    views = query(populated, "select viewname from pg_views where schemaname = 'marts'")
    assert {"market_share", "enterprise_mix", "dim_enterprise"} < {name for (name,) in views}
    assert set(every) == {
        (schema, name) for schema in ("marts", "marts_history") for (name,) in views if name not in hidden
    }


def test_no_role_has_powers_beyond_its_grants(populated):
    names = [role.value for role in ROLES]
    assert (
        query(
            populated,
            "select rolname from pg_roles where rolname = any(%s) and"
            " (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)",
            names,
        )
        == []
    )
    # Only with `set role`, to read the figures of the bulletin with fewer rights.
    members = (
        "select member::regrole::text, roleid::regrole::text, inherit_option, admin_option"
        " from pg_auth_members where member::regrole::text = any(%s)"
    )
    assert query(populated, members, names) == [("publisher", "bi_reader", False, False)]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.BI_READER])
@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(hashtext('textile.release'))",
        "select pg_try_advisory_xact_lock_shared(1, 2)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
    ],
)
def test_a_reader_cannot_make_writers_wait_or_store_large_objects(populated, role, statement):
    assert refused(populated, role, statement)


def test_a_pool_can_clear_a_readers_session(populated):
    assert not refused(populated, Role.BI_READER, "select pg_advisory_unlock_all()")


def test_defaults_that_a_reader_changed_for_its_role_are_reset(populated):
    for setting in ("search_path = workbench", "statement_timeout = 0"):
        query(populated, f"alter role analyst set {setting}", role=Role.ANALYST)
    bootstrap.apply(populated.dsn(Role.ADMIN), {role.value: populated.password(role) for role in ROLES})
    with psycopg.connect(populated.dsn(Role.ANALYST)) as connection:
        assert connection.execute("show search_path").fetchone() == ('"$user", public',)
        assert connection.execute("show statement_timeout").fetchone() == ("5min",)


def test_a_waiting_process_reports_the_holder_of_the_lock(populated, messages):
    with (
        connect(populated, Role.LOADER, autocommit=True) as first,
        connect(populated, Role.PUBLISHER, autocommit=True) as second,
    ):
        waiting = threading.Thread(target=lambda: exclusive(second, "release").__enter__())
        with exclusive(first, "release"):
            waiting.start()
            while not messages:
                time.sleep(0.01)
        waiting.join()
        holder = f"server process {first.info.backend_pid}, role loader, since "
    assert holder in messages[0]


def test_bi_sessions_are_read_only(populated):
    with psycopg.connect(populated.dsn(Role.BI_READER)) as connection:
        assert connection.execute("show transaction_read_only").fetchone() == ("on",)


@pytest.mark.parametrize(
    ("role", "limit", "idle"), [(Role.ANALYST, "5min", "30min"), (Role.BI_READER, "1min", "5min")]
)
def test_readers_have_time_limits_that_cancel(populated, role, limit, idle):
    with psycopg.connect(populated.dsn(role), autocommit=True) as connection:
        assert connection.execute("show statement_timeout").fetchone() == (limit,)
        assert connection.execute("show idle_in_transaction_session_timeout").fetchone() == (idle,)
        connection.execute("set statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            connection.execute("select pg_sleep(20)")


def test_readers_cannot_take_the_connections_of_the_pipeline(populated, tmp_path):
    with contextlib.ExitStack() as opened:
        for role in (Role.ANALYST, Role.BI_READER):
            for _ in range(40):
                opened.enter_context(psycopg.connect(populated.dsn(role)))
            with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
                psycopg.connect(populated.dsn(role))
        (accepted,) = load(
            populated, "enterprise_orders", write(tmp_path / "late.csv", [order(订单号="SO-7")])
        )
        assert accepted.status == "accepted"
        for role in (Role.TRANSFORMER, Role.PUBLISHER, Role.ADMIN):
            psycopg.connect(populated.dsn(role)).close()
        # Pools of Airflow (five of 15) and Superset (15), and 20 for loads, a build and a publish.
        assert one(populated, "show max_connections") == "200"
        assert 200 - int(one(populated, "show superuser_reserved_connections")) - 2 * 40 >= 5 * 15 + 15 + 20


@pytest.mark.parametrize("role", ROLES)
def test_a_role_needs_its_own_password(populated, role):
    for password, complaint in (("wrong", "password authentication failed"), (None, "no password supplied")):
        with pytest.raises(psycopg.OperationalError, match=complaint):
            psycopg.connect(
                host=populated.pg_host,
                port=populated.pg_port,
                dbname=populated.pg_database,
                user=role.value,
                password=password,
                passfile=os.devnull,
            )


def test_only_scram_and_only_loopback(populated):
    assert set(query(populated, "select type, auth_method, address from pg_hba_file_rules")) == {
        ("host", "scram-sha-256", "127.0.0.1")
    }
    assert query(populated, "show listen_addresses") == [("127.0.0.1",)]
    stored = query(populated, "select rolpassword from pg_authid where rolcanlogin")
    assert all(password.startswith("SCRAM-SHA-256$") for (password,) in stored)


def textile(home: Path, *arguments: str) -> str:
    """All that a command prints."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("TEXTILE_")}
    done = subprocess.run(
        [Path(sys.executable).with_name("textile"), *arguments],
        env={**others, "TEXTILE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.heavy
def test_passwords_are_printed_by_dsn_alone_and_never_logged(tmp_path):
    home = tmp_path / "home"
    try:
        output = textile(home, "up")
        output += textile(home, "up", "--json") + textile(home, "status") + textile(home, "status", "--json")
        passwords = {path.name: path.read_text() for path in (home / "secrets").iterdir()}
        assert len(passwords) > len(ROLES)
        (home / "secrets" / "textile_loader_password").write_text("not-the-one")
        passwords["wrong"] = "not-the-one"
        output += textile(home, "load", "customs_exports", __file__)
        assert "does not answer as loader: " in output
        assert passwords["textile_analyst_password"] in textile(home, "dsn")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(textile(home, "dsn").strip(), dbname="airflow")
    finally:
        output += textile(home, "down")
    files = [path for path in home.rglob("*") if path.is_file() and path.parent.name != "secrets"]
    assert any(path.name == "postgres.log" for path in files)
    written = {path: path.read_bytes() for path in files}
    for name, password in passwords.items():
        assert password not in output, name
        assert [path for path, content in written.items() if password.encode() in content] == [], name
