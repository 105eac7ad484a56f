"""The files in dashboards/datasets say what the dbt project and the metric catalogue say."""

import psycopg

from include.dashboard.datasets import FOLDER, datasets, read_catalogue
from include.transform.mart_pages import parse_project


def test_datasets_are_those_of_the_project(admin: psycopg.Connection) -> None:
    expected = datasets(parse_project(), read_catalogue(admin, "candidate"))
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yml")}
    assert found == expected, "publish with this code, then run: python -m include.dashboard.datasets"
    assert len(expected) == 11
