"""Warehouses that several modules start from."""

from collections.abc import Callable

import psycopg
import pytest
from samples import load, write

from include.release import publishing
from include.settings import Role, Settings
from tests.release import constant_cluster
from tests.transform import raw_lines


@pytest.fixture(scope="session")
def constant_sales(
    new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """A release of twelve mills that sell the same every month; use copies, it must not be changed."""
    settings = new_warehouse()
    files = tmp_path_factory.mktemp("constant_sales")
    load(settings, "enterprise_orders", write(files / "orders.csv", constant_cluster.delivered()))
    load(settings, "customs_exports", write(files / "items.csv", constant_cluster.declared()))
    with psycopg.connect(settings.dsn(Role.ADMIN)) as connection:
        raw_lines.insert(connection, constant_cluster.statistics())
    result = publishing.publish(settings)
    assert result.status == "published", result
    return settings
