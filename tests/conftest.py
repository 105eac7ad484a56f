"""A PostgreSQL server for the session (one per worker), and warehouses, each in a database of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from include.local import ports, postgres
from include.settings import PROJECT_DIR, Role, Settings
from include.warehouse import bootstrap

SHARED = PROJECT_DIR.parent / "shared" / "data"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a throw-away server; every role's password is its own name with ``-secret``."""
    folder = tmp_path_factory.mktemp("server") / "postgres"
    port = ports.choose()
    postgres.start(folder, port, password(Role.ADMIN), postgres.THROWAWAY)
    yield port
    postgres.stop(folder)


@pytest.fixture(scope="session")
def new_warehouse(server: int, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Settings]:
    """Make a warehouse without a row, with a home folder of its own; 0.4 s."""
    numbers = itertools.count(1)
    dsn = postgres.dsn(server, password(Role.ADMIN))
    passwords = {role.value: password(role) for role in Role}

    def make() -> Settings:
        database = f"warehouse_{next(numbers)}"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"create database {database}".encode())
        bootstrap.apply(postgres.dsn(server, passwords["postgres"], database), passwords)
        home = tmp_path_factory.mktemp(database)
        return Settings(
            home=home,
            pg_port=server,
            pg_database=database,
            **{f"{role}_password": secret for role, secret in passwords.items()},
        )

    return make


@pytest.fixture
def warehouse(new_warehouse: Callable[[], Settings]) -> Settings:
    """A warehouse that no other test sees."""
    return new_warehouse()


@pytest.fixture(scope="module")
def module_warehouse(new_warehouse: Callable[[], Settings]) -> Settings:
    """A warehouse that the tests of one module share."""
    return new_warehouse()


@pytest.fixture
def shared_data() -> Path:
    """Real samples that are no part of the project; tests that need them are skipped without."""
    if not SHARED.is_dir():
        pytest.skip("the real samples (../shared/data) are not here")
    return SHARED


def password(role: Role) -> str:
    return f"{role.value}-secret"
