"""A warehouse whose figures can all be computed by hand."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from include.settings import Role, Settings
from include.transform import dbt

MILL_A = "91110000600037341L"
MILL_B = "91350100M000100Y43"

# enterprise_uscc, order_date, country, province, hs_code, amount, currency, status
ORDERS = [
    (MILL_A, "2019-08-10", "VNM", None, "520942", "50.00", "CNY", "new"),
    (MILL_A, "2019-09-03", "CHN", "44", "52094200", "100.00", "CNY", "new"),
    (MILL_A, "2019-09-04", "GBR", None, "52094200", "300.00", "CNY", "new"),
    (MILL_A, "2019-09-05", "GBR", None, "52094200", "9999.00", "CNY", "cancelled"),
    (MILL_B, "2019-09-06", "VNM", None, "52081200", "200.00", "CNY", "new"),
    (MILL_A, "2020-03-01", "CHN", "44", "5209420000", "100.00", "CNY", "new"),
    (MILL_A, "2020-03-31", "USA", "44", "52114200", "900.00", "CNY", "new"),
    (MILL_A, "2020-08-15", "USA", None, "52094200", "100.00", "USD", "amended"),
    (MILL_A, "2020-09-01", "CHN", "44", "52094200", "350.00", "CNY", "new"),
    (MILL_A, "2020-09-10", "GBR", None, "52094200", "450.00", "CNY", "new"),
    (MILL_A, "2020-09-20", "DEU", None, "52094200", "200.00", "CNY", "new"),
    (MILL_B, "2020-09-30", "VNM", None, "52081200", "260.00", "CNY", "new"),
]
# item_no, destination_country, trade_mode, source_district, fob_cny, status
ITEMS = [
    (1, "USA", "0110", "33149", "1000.00", "normal"),
    (2, "USA", "0644", "33149", "200.00", "amended"),
    (3, "USA", "0110", "33079", "5000.00", "normal"),
    (4, "USA", "0110", "33149", "7000.00", "deleted"),
]


@pytest.fixture(scope="session")
def built(new_warehouse: Callable[[], Settings]) -> Settings:
    """A warehouse with ORDERS and ITEMS, built once; a test that changes it undoes the change."""
    settings = new_warehouse()
    with psycopg.connect(settings.dsn(Role.ADMIN)) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into raw.enterprise_orders (enterprise_uscc, order_date, country, province, hs_code,"
            " amount, currency, status, line_no, order_no, customer_code, quantity, unit, unit_price,"
            " updated_at, _load_id, _line_no)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'N1', 'C1', 1, 'm', 1, now(), 1, 1)",
            [(*order, line) for line, order in enumerate(ORDERS, start=1)],
        )
        cursor.executemany(
            "insert into raw.customs_exports (item_no, destination_country, trade_mode, source_district,"
            " fob_cny, status, declaration_no, export_date, consignor_uscc, hs_code, quantity_1, unit_1,"
            " fob_usd, updated_at, _load_id, _line_no)"
            f" values (%s, %s, %s, %s, %s, %s, '1', '2020-09-15', '{MILL_A}', '52094200', 1, 'm',"
            " 1, now(), 1, 1)",
            ITEMS,
        )
        # A day's file of which a bad row was corrected three days later, and a file that was refused.
        cursor.execute(
            "insert into ops.load (source, file_name, sha256, size_bytes, status, rows_in, accepted,"
            " unchanged, quarantined, started_at) values"
            " ('enterprise_orders', 'a.csv', 'a', 1, 'accepted', 12, 9, 1, 2, '2020-09-30 15:00Z'),"
            " ('enterprise_orders', 'b.csv', 'b', 1, 'accepted', 3, 3, 0, 0, '2020-10-03 16:00Z'),"
            " ('customs_exports', 'c.csv', 'c', 1, 'accepted', 4, 4, 0, 0, '2020-09-30 16:00Z'),"
            " ('enterprise_orders', 'd.csv', 'd', 1, 'refused', 0, 0, 0, 0, '2020-10-04 16:00Z')"
        )
        cursor.executemany(
            "insert into ops.load_enterprise values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (1, MILL_A, 11, 9, 1, 1, 9, 18, 5),
                (1, None, 1, 0, 0, 1, 0, 0, None),
                (2, MILL_A, 3, 3, 0, 0, 3, 0, 0),
                (3, MILL_A, 4, 4, 0, 0, 4, 4, 1),
            ],
        )
        cursor.executemany(
            "insert into ops.quarantine (load_id, line_no, source, file_name, rule_codes, reason_zh,"
            " reason_en, row_values, enterprise_uscc, quarantined_at, resolved_by_load, resolved_at)"
            " values (1, %s, 'enterprise_orders', 'a.csv', %s, 'zh', 'en', '{}', %s, '2020-09-30 15:00Z',"
            " %s, %s)",
            [
                (2, ["quantity_positive", "unit_readable"], MILL_A, 2, "2020-10-03 16:00Z"),
                (3, ["enterprise_uscc_check"], None, None, None),
            ],
        )
    dbt.build(settings)
    return settings


@pytest.fixture(scope="session")
def scenario_warehouse(new_warehouse: Callable[[], Settings]) -> Settings:
    """A warehouse with the lines of all scenarios, built once; a test that changes it undoes the change."""
    from tests.transform import raw_lines, scenarios

    settings = new_warehouse()
    with psycopg.connect(settings.dsn(Role.ADMIN)) as connection:
        raw_lines.insert(connection, scenarios.LINES)
    dbt.build(settings)
    return settings


@pytest.fixture
def scenario_admin(scenario_warehouse: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(scenario_warehouse.dsn(Role.ADMIN), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def scenario_admin_session(scenario_warehouse: Settings) -> Iterator[psycopg.Connection]:
    """For hypothesis, which queries the database often and needs a fixture with a longer scope."""
    with psycopg.connect(scenario_warehouse.dsn(Role.ADMIN), autocommit=True) as connection:
        yield connection


@pytest.fixture
def admin(built: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built.dsn(Role.ADMIN), autocommit=True) as connection:
        yield connection
