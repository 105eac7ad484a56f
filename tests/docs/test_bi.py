"""The connections of docs/bi.md work, and pin a release as it says."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pandas
import polars
import psycopg
import pytest
from samples import validated_again
from sqlalchemy import create_engine, text

from include.release import publishing
from include.settings import PROJECT_DIR, Role, Settings

PAGE = (PROJECT_DIR / "docs" / "bi.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def url(new_warehouse: Callable[..., Settings], published: Settings) -> str:
    """A warehouse whose current release is the second."""
    settings = new_warehouse(published)
    assert publishing.publish_build(settings, validated_again(settings)).release_id == 2
    return settings.dsn(Role.BI_READER)


def test_the_scripts_read_exact_figures(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", url)
    by_pandas, by_polars = ({}, {})
    for script, found in zip(SCRIPTS, (by_pandas, by_polars), strict=True):
        exec(script, found)  # noqa: S102  (our own page)
    first, second = by_pandas["shares"], by_polars["shares"]
    assert isinstance(first, pandas.DataFrame)
    assert isinstance(second, polars.DataFrame)
    assert len(first) == len(second) > 0
    assert isinstance(first["domestic_value_cny"][0], Decimal)
    assert second["domestic_value_cny"].dtype == polars.Decimal(38, 2)
    assert second["month"].dtype == polars.Date
    assert set(second["domestic_value_cny"]) == set(first["domestic_value_cny"])
    assert isinstance(by_polars["release"]["data_cutoff"][0], dt.date)


def test_each_way_to_pin_shows_that_release(url: str):
    query = "select release_id from marts.release_info"
    assert '`psycopg.connect(..., options="-c textile.release=42")`' in PAGE
    with psycopg.connect(url, options="-c textile.release=1") as connection:
        assert connection.execute(query).fetchone() == (1,)
    assert '`create_engine(..., connect_args={"options": "-c textile.release=42"})`' in PAGE
    address = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(address, connect_args={"options": "-c textile.release=1"})
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar() == 1
    engine.dispose()
    assert "append `?options=-c%20textile.release%3D42`" in PAGE
    with psycopg.connect(f"{url}?options=-c%20textile.release%3D1") as connection:
        assert connection.execute(query).fetchone() == (1,)
    # What the ODBC driver sends first.
    assert "`;ConnSettings=set textile.release = '42'`" in PAGE
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(query).fetchone() == (2,)
        connection.execute("set textile.release = '1'")
        assert connection.execute(query).fetchone() == (1,)
