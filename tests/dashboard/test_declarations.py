"""The files in dashboards/, checked without Superset."""

import csv
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
import yaml

from include.dashboard import bundle
from include.settings import Settings

CHARTS = bundle.charts()
PAGE = bundle.dashboard()
FILTERS = {declared["column"]: declared for declared in PAGE["filters"]}
# Rows of two values of these must not be added: a chart is of one value, or shows them apart.
LEVELS = {"period_type", "basis", "market_level", "market_scope", "dimension", "comparison"}


def dataset(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((bundle.DATASETS / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def columns(name: str) -> set[str]:
    return {column["column_name"] for column in dataset(name)["columns"]}


def test_the_page_holds_every_chart_once_in_full_rows() -> None:
    placed = [name for row in PAGE["rows"] for name in row if name not in ("height", "note")]
    assert sorted(placed) == sorted(CHARTS)
    assert 10 <= len(CHARTS) <= 12
    assert {sum(width for name, width in row.items() if name != "height") for row in PAGE["rows"]} == {12}


def test_titles_are_in_two_languages() -> None:
    titles = [
        PAGE["title"],
        *(f["name"] for f in PAGE["filters"]),
        *(chart["title"] for chart in CHARTS.values()),
    ]
    for title in titles:
        assert re.search("[一-鿿]", title), title
        assert re.search("[A-Za-z]{3}", title), title


@pytest.mark.parametrize("column", list(FILTERS))
def test_a_filter_reaches_only_charts_that_have_its_column(column: str) -> None:
    # Superset silently drops a filter on a column that a chart's dataset lacks.
    assert column in columns(FILTERS[column]["dataset"])
    for name in FILTERS[column]["charts"]:
        assert column in columns(CHARTS[name]["dataset"]), name


def test_the_bundle_wires_each_filter_to_its_charts() -> None:
    with zipfile.ZipFile(BytesIO(bundle.bundle(Settings(pg_port=1, bi_reader_password="x")))) as archive:
        page = yaml.safe_load(archive.read("bundle/dashboards/lanxi.yaml"))
    tiles = {tile["id"]: tile for tile in page["position"].values() if isinstance(tile, dict)}
    numbers = {name: tiles[f"TILE-{name}"]["meta"]["chartId"] for name in CHARTS}
    for declared in page["metadata"]["native_filter_configuration"]:
        column = declared["targets"][0]["column"]["name"]
        reached = {name for name, n in numbers.items() if n not in declared["scope"]["excluded"]}
        assert reached == set(FILTERS[column]["charts"])


def test_a_filter_takes_only_existing_values() -> None:
    with zipfile.ZipFile(BytesIO(bundle.bundle(Settings(pg_port=1, bi_reader_password="x")))) as archive:
        page = yaml.safe_load(archive.read("bundle/dashboards/lanxi.yaml"))
    filters = page["metadata"]["native_filter_configuration"]
    assert [declared["controlValues"]["creatable"] for declared in filters] == [False] * len(FILTERS)


@pytest.mark.parametrize("name", list(CHARTS))
def test_customs_do_not_call_processing_domestic_sales(name: str) -> None:
    where = CHARTS[name].get("where", [])
    if "basis = 'customs'" in where and not any("market_group" in condition for condition in where):
        params = CHARTS[name]["params"]
        used = [*params.get("groupby", []), params.get("x_axis")]
        assert any("Domestic processing" in column["sql"] for column in used if isinstance(column, dict))
        assert "bloc" not in used


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_chart_adds_up_no_two_levels(name: str) -> None:
    chart = CHARTS[name]
    conditions = " ".join([*chart.get("where", []), str(chart["params"].get("groupby", ""))])
    for level in LEVELS & columns(chart["dataset"]):
        assert re.search(rf"\b{level}\b", conditions), f"{name} mixes rows of several {level}"
    if "product_group" in columns(chart["dataset"]):
        assert "product" in conditions or name in FILTERS["product"]["charts"], f"{name} mixes products"


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_chart_names_what_its_dataset_has(name: str) -> None:
    chart = CHARTS[name]
    metrics = {metric["metric_name"] for metric in dataset(chart["dataset"])["metrics"]}
    params = chart["params"]
    asked = [*params.get("metrics", []), *params.get("metrics_b", []), params.get("metric")]
    assert {m if isinstance(m, str) else m["metric"] for m in asked if m} <= metrics
    known = columns(chart["dataset"])
    grouped = [*params.get("groupby", []), *params.get("all_columns", []), params.get("x_axis")]
    assert {column for column in grouped if isinstance(column, str)} <= known


def test_every_bloc_has_a_colour_of_its_own() -> None:
    colours = yaml.safe_load(bundle.COLOURS.read_text(encoding="utf-8"))["blocs"]
    with (bundle.SEEDS / "market_groups.csv").open(encoding="utf-8", newline="") as file:
        assert {row["market_group"] for row in csv.DictReader(file)} == set(colours)
    assert len(set(colours.values())) == len(colours)
