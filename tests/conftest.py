"""A PostgreSQL server for the session (one per worker), and warehouses, each in its own database."""

import itertools
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from samples import MILL_B, items, load, logged, order, orders, write

from include.local import ports, postgres
from include.release import publishing
from include.settings import PROJECT_DIR, Role, Settings
from include.warehouse import bootstrap

pytest_plugins = ["browser"]

SHARED = PROJECT_DIR.parent / "shared" / "data"
_HEAVY_FIXTURES = {"server", "browser", "read_dags", "running_stack"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that these fixtures make heavy; other heavy modules mark themselves."""
    for item in items:
        if isinstance(item, pytest.Function) and _HEAVY_FIXTURES & set(item.fixturenames):
            item.add_marker(pytest.mark.heavy)


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Undo what a command run in this process changed: where our modules log, and what."""
    loggers = [logging.getLogger(name) for name in ("include", "include.transform.dbt")]
    before = [(log.level, log.propagate, log.handlers[:]) for log in loggers]
    yield
    for log, (level, propagate, handlers) in zip(loggers, before, strict=True):
        log.setLevel(level)
        log.propagate, log.handlers = propagate, handlers


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a temporary server; every role's password is its name with ``-secret``."""
    folder = tmp_path_factory.mktemp("server") / "postgres"
    port = ports.choose()
    postgres.start(folder, port, password(Role.ADMIN), postgres.TEMPORARY)
    yield port
    postgres.stop(folder)


@pytest.fixture(scope="session")
def new_warehouse(server: int, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Settings]:
    """Create an empty warehouse, or a copy of another, with its own home folder; 0.4 s."""
    numbers = itertools.count(1)
    dsn = postgres.dsn(server, password(Role.ADMIN))
    passwords = {role.value: password(role) for role in Role}

    def make(like: Settings | None = None) -> Settings:
        database = f"warehouse_{next(numbers)}"
        template = like.pg_database if like else "template1"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"create database {database} template {template}".encode())
        bootstrap.apply(postgres.dsn(server, passwords["postgres"], database), passwords)
        home = tmp_path_factory.mktemp(database)
        if like:
            shutil.copytree(like.home, home, symlinks=True, dirs_exist_ok=True)
        return Settings(
            home=home,
            pg_port=server,
            pg_database=database,
            **{f"{role}_password": secret for role, secret in passwords.items()},
        )

    return make


@pytest.fixture
def warehouse(new_warehouse: Callable[[], Settings]) -> Settings:
    """An empty warehouse for one test."""
    return new_warehouse()


@pytest.fixture(scope="module")
def module_warehouse(new_warehouse: Callable[[], Settings]) -> Settings:
    """A warehouse that the tests of one module share."""
    return new_warehouse()


@pytest.fixture(scope="session")
def published(new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse with a release, three loads and a quarantined row; use copies, it must not be changed."""
    settings = new_warehouse()
    files = tmp_path_factory.mktemp("published")
    abroad = [order(订单号="SO-2", 行号=str(n), 国家地区="越南", 省份="") for n in range(1, 9)]
    other_mill = [order(统一社会信用代码=MILL_B, 订单日期="2019-09-01", 行号=n) for n in ("0", "1")]
    load(settings, "enterprise_orders", write(files / "a.csv", orders(12)), write(files / "b.csv", abroad))
    load(settings, "enterprise_orders", write(files / "c.csv", [*other_mill, *orders(8)]))
    load(settings, "customs_exports", write(files / "d.csv", items(4)))
    result = publishing.publish(settings)
    assert result.status == "published", result
    return settings


@pytest.fixture
def messages() -> Iterator[list[str]]:
    """The messages that our modules have logged in this test."""
    with logged() as lines:
        yield lines


@pytest.fixture
def shared_data() -> Path:
    """Real samples outside the project; without them the tests that need them are skipped."""
    if not SHARED.is_dir():
        pytest.skip("the real samples (../shared/data) are not here")
    return SHARED


def password(role: Role) -> str:
    return f"{role.value}-secret"
