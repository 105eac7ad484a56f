"""Make the bundle that Superset imports from the files in ``dashboards/``.

A chart's file has Superset's own names of controls under ``params``; common values, ids and the scopes of
filters are added here.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from include.dashboard.datasets import FOLDER as DATASETS
from include.dashboard.datasets import uuid_of
from include.settings import PROJECT_DIR, Role, Settings

FOLDER = PROJECT_DIR / "dashboards"
COLOURS = FOLDER / "colours.yml"
SEEDS = PROJECT_DIR / "dbt_project" / "seeds"
ALL_PRODUCTS = "全部产品 All products"  # as dim_product names it
_VERSION = {"version": "1.0.0"}
_REFRESH_S = 300
_TIMESERIES = {
    # No grain: dates truncated to months become times in Shanghai and are displayed a month early.
    "time_grain_sqla": None,
    "x_axis_time_format": "%Y-%m",
    "tooltipTimeFormat": "%Y-%m",
    "rich_tooltip": True,
    "show_legend": True,
    "legendType": "plain",
    "legendOrientation": "top",
    "row_limit": 5000,
    "truncate_metric": True,
    "truncateXAxis": False,
    "sort_series_type": "sum",
}
_TABLE = {"table_timestamp_format": "%Y-%m-%d", "server_pagination": False, "show_cell_bars": False}


def charts() -> dict[str, dict[str, Any]]:
    """Name -> content of its file, in name order."""
    return {path.stem: _read(path) for path in sorted((FOLDER / "charts").glob("*.yml"))}


def dashboard() -> dict[str, Any]:
    """The content of ``dashboard.yml``."""
    return _read(FOLDER / "dashboard.yml")


def bundle(settings: Settings) -> bytes:
    """The zip file for ``/api/v1/assets/import/``; it contains bi_reader's password."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, asset in _assets(settings):
            text = asset if isinstance(asset, str) else yaml.safe_dump(asset, allow_unicode=True)
            archive.writestr(f"bundle/{name}", text)
    return written.getvalue()


def _assets(settings: Settings) -> Iterator[tuple[str, str | dict[str, Any]]]:
    # Superset refuses metadata without a time.
    yield "metadata.yaml", {**_VERSION, "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"}
    yield "databases/textile.yaml", _database(settings)
    for path in sorted(DATASETS.glob("*.yml")):
        yield f"datasets/textile/{path.stem}.yaml", path.read_text(encoding="utf-8")
    found = charts()
    for name, chart in found.items():
        yield f"charts/{name}.yaml", _chart(name, chart)
    yield "dashboards/lanxi.yaml", _dashboard(dashboard(), found)


def _database(settings: Settings) -> dict[str, Any]:
    address = settings.dsn(Role.BI_READER).replace("postgresql://", "postgresql+psycopg2://", 1)
    return {
        **_VERSION,
        **_read(FOLDER / "database.yml"),
        "uuid": uuid_of("database", "textile"),
        # With the password, which Superset encrypts; as a field of the form Superset would log it.
        "sqlalchemy_uri": address,
    }


def _chart(name: str, chart: Mapping[str, Any]) -> dict[str, Any]:
    common = _TABLE if chart["viz_type"] == "table" else _TIMESERIES if "x_axis" in chart["params"] else {}
    params = {**common, **chart["params"], "viz_type": chart["viz_type"]}
    filters = [
        {"clause": "WHERE", "expressionType": "SQL", "sqlExpression": condition}
        for condition in chart.get("where", [])
    ]
    for key in ("groupby", "all_columns"):
        if key in params:
            params[key] = [_column(column) for column in params[key]]
    if "x_axis" in params:
        params["x_axis"] = _column(params["x_axis"])
    expressions = {
        metric["metric_name"]: metric["expression"]
        for metric in _read(DATASETS / f"{chart['dataset']}.yml")["metrics"]
    }
    for key in ("metrics", "metrics_b"):
        if key in params:
            params[key] = [_metric(metric, expressions) for metric in params[key]]
    params["adhoc_filters"] = filters
    if "metrics_b" in params:
        params["adhoc_filters_b"] = filters
    return {
        **_VERSION,
        "slice_name": chart["title"],
        "description": chart.get("description"),
        "viz_type": chart["viz_type"],
        "params": params,
        "uuid": uuid_of("chart", name),
        "dataset_uuid": uuid_of("dataset", chart["dataset"]),
    }


def _column(column: str | Mapping[str, str]) -> str | dict[str, str]:
    if isinstance(column, str):
        return column
    return {"expressionType": "SQL", "label": column["label"], "sqlExpression": column["sql"]}


def _metric(metric: str | Mapping[str, str], expressions: Mapping[str, str]) -> str | dict[str, Any]:
    """The dataset's metric, or the same with a shorter name for a legend."""
    if isinstance(metric, str):
        return metric
    return {
        "expressionType": "SQL",
        "sqlExpression": expressions[metric["metric"]],
        "label": metric["label"],
        "hasCustomLabel": True,
        "optionName": f"metric_{metric['metric']}",
    }


def _dashboard(page: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    # Numbers that identify charts in the bundle; Superset replaces them.
    numbers = {name: number for number, name in enumerate(found, start=1)}
    return {
        **_VERSION,
        "dashboard_title": page["title"],
        "slug": page["slug"],
        "published": True,
        "uuid": uuid_of("dashboard", page["slug"]),
        "position": _position(page, found, numbers),
        "metadata": {
            "native_filter_configuration": [
                _filter(declared, numbers, page["filters"]) for declared in page["filters"]
            ],
            "cross_filters_enabled": False,
            "refresh_frequency": _REFRESH_S,
            "label_colors": _label_colours(),
            # The page would add these when it is opened.
            "color_scheme_domain": [],
            "shared_label_colors": [],
            "map_label_colors": {},
        },
    }


def _position(
    page: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]], numbers: Mapping[str, int]
) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    tiles: dict[str, Any] = {}
    for index, row in enumerate(page["rows"], start=1):
        parents = ["ROOT_ID", "GRID_ID", f"ROW-{index}"]
        widths = {name: width for name, width in row.items() if name != "height"}
        for name, width in widths.items():
            tile: dict[str, Any] = {"id": f"TILE-{name}", "children": [], "parents": parents}
            size: dict[str, Any] = {"width": width, "height": row["height"]}
            if name == "note":
                tile |= {"type": "MARKDOWN", "meta": {**size, "code": page["note"]}}
            else:
                chart = {
                    "chartId": numbers[name],
                    "uuid": uuid_of("chart", name),
                    "sliceName": found[name]["title"],
                }
                tile |= {"type": "CHART", "meta": size | chart}
            tiles[tile["id"]] = tile
        rows[f"ROW-{index}"] = {
            "id": f"ROW-{index}",
            "type": "ROW",
            "children": [f"TILE-{name}" for name in widths],
            "parents": parents[:2],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
    return {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": list(rows), "parents": ["ROOT_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": page["title"]}},
        **rows,
        **tiles,
    }


def _filter(
    declared: Mapping[str, Any], numbers: Mapping[str, int], all_filters: list[dict[str, Any]]
) -> dict[str, Any]:
    ids = {other["name"]: f"NATIVE_FILTER-{other['column']}" for other in all_filters}
    default = declared.get("default")
    single = default is not None
    mask: dict[str, Any] = {"extraFormData": {}, "filterState": {}}
    if single and default != "newest":
        chosen = {"col": declared["column"], "op": "IN", "val": [default]}
        mask = {
            "extraFormData": {"filters": [chosen]},
            "filterState": {"value": [default], "label": default},
        }
    return {
        "id": ids[declared["name"]],
        "name": declared["name"],
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "targets": [
            {"datasetUuid": uuid_of("dataset", declared["dataset"]), "column": {"name": declared["column"]}}
        ],
        "adhoc_filters": [],
        "controlValues": {
            "multiSelect": not single,
            # A typed value that does not exist would empty the charts.
            "creatable": False,
            "enableEmptyFilter": single,
            "defaultToFirstItem": default == "newest",
            "sortAscending": default != "newest",
            "searchAllOptions": False,
            "inverseSelection": False,
        },
        # The page waits for the filter's value before it asks for the charts.
        "requiredFirst": default == "newest",
        "defaultDataMask": mask,
        "cascadeParentIds": [ids[declared["within"]]] if "within" in declared else [],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [number for name, number in numbers.items() if name not in declared["charts"]],
        },
        "description": "",
    }


def _label_colours() -> dict[str, str]:
    """Name in a legend -> its colour."""
    groups = _read(COLOURS).values()
    names = {**_names("market_groups", "market_group"), **_names("product_groups", "product_group")}
    names["ALL"] = ALL_PRODUCTS
    return {names.get(code, code): colour for group in groups for code, colour in group.items()}


def _names(seed: str, code: str) -> dict[str, str]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return {row[code]: f"{row['name_zh']} {row['name_en']}" for row in csv.DictReader(file)}


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
