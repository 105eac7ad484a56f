"""Superset's datasets, written from the dbt project by ``python -m include.dashboard.datasets``.

A dataset is a mart that the exposure ``dashboard`` depends on, with all its columns and the columns for
filters, which have the same name in every dataset: ``period``, ``product``, ``bloc`` and ``market``. Its
metrics are those of ``marts.metric_catalogue``, with the SQL from there.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
import yaml
from psycopg.rows import dict_row

from include.settings import PROJECT_DIR, Role, load_settings
from include.transform.mart_pages import parse_project

FOLDER = PROJECT_DIR / "dashboards" / "datasets"
EXPOSURE = "dashboard"
# Ids made from names are the same in every installation, so an import updates existing assets.
_NAMESPACE = UUID("5b1a3a0e-6f0c-5d8e-9a55-2f1f3f7f9d10")
CATALOGUE = """
    select mart, metric, name_zh, name_en, formula, unit, kind, owner, how_to_aggregate,
        additive_over_months and additive_over_markets and additive_over_products as is_additive
    from {schema}.metric_catalogue
    order by mart, metric
"""
# Unit of the catalogue -> d3's format.
_FORMATS = {
    "fraction": ".1%",
    "growth": "+,.1%",
    "percentage points": "+,.1f",
    "percentage points per month": "+,.1f",
    "CNY": ",.0f",
    "USD": ",.0f",
    "count": ",d",
}
_BLOCS = (
    "select distinct market_group_latest, market_group_name_zh, market_group_name_en from marts.dim_market"
)
# Columns over whose values sales must not be added: ALL, each level and both bases repeat the same sales.
_LEVELS = (
    *("period_type", "basis", "product_group", "market_level", "market_scope", "dimension", "comparison"),
    *("level", "hs_level", "denominator"),
)
# Column for filters -> (name, the mart's columns that it can be made of, its SQL, the join that it needs).
_LABELS: dict[str, tuple[str, Sequence[str], str, str]] = {
    "period": ("月份 Month", ("month", "period_start"), "to_char(t.{column}, 'YYYY-MM')", ""),
    "product": (
        "产品 Product",
        ("product_group",),
        "coalesce(p.name_zh || ' ' || p.name_en, t.{column})",
        "left join marts.dim_product as p on t.{column} = p.product_group",
    ),
    "bloc": (
        "市场集团 Bloc",
        ("market_group", "market_group_latest"),
        "coalesce(b.market_group_name_zh || ' ' || b.market_group_name_en, t.{column})",
        f"left join ({_BLOCS}) as b on t.{{column}} = b.market_group_latest",
    ),
    "market": (
        "市场 Market",
        ("market_code",),
        "coalesce(m.name_zh || ' ' || m.name_en, t.{column})",
        "left join marts.dim_market as m on t.{column} = m.market_code",
    ),
}
# Months for the filter: finished in the order book and in customs.
_FINISHED_MONTHS = {
    "name": "finished_months",
    "description": "Months that are over in the order book and in customs. / 订单和海关均已结束的月份",
    "relation": """(
    select month from marts.dual_circulation
    where is_finished
    intersect
    select period_start from marts.growth
    where period_type = 'month' and basis = 'customs' and market_level = 'all' and value_cny > 0
        and comparability_reason is distinct from 'period_not_finished'
)""",
    "columns": {"month": {"data_type": "date", "description": "First day of the month / 当月第一天"}},
}
# The one view of marts that dbt does not build (include/warehouse/schema/release.sql).
_RELEASE_INFO = {
    "name": "release_info",
    "description": "One row: the release that the dashboard shows. / 看板所用的数据发布",
    "columns": {
        "release_id": {"data_type": "bigint", "description": "Number of the release / 发布编号"},
        "published_at": {"data_type": "timestamptz", "description": "When it became visible / 发布时间"},
        "data_cutoff": {
            "data_type": "date",
            "description": "Latest order or export date in its data / 数据截止日期",
        },
    },
}


def uuid_of(kind: str, name: str) -> str:
    """The id of an asset in every Superset, from its kind and name."""
    return str(uuid5(_NAMESPACE, f"{kind}/{name}"))


def datasets(nodes: Mapping[str, Any], catalogue: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """File name -> YAML: a dataset for each mart of the exposure, for the finished months and the release.

    ``nodes``: the result of :func:`parse_project`. ``catalogue``: the rows of :data:`CATALOGUE`.
    """
    figures: dict[str, list[Mapping[str, Any]]] = {}
    for row in catalogue:
        figures.setdefault(row["mart"], []).append(row)
    (exposure,) = (
        node for node in nodes.values() if node["resource_type"] == "exposure" and node["name"] == EXPOSURE
    )
    marts = [nodes[name] for name in exposure["depends_on"]["nodes"]]
    return {
        f"{mart['name']}.yml": _yaml(_dataset(mart, figures.get(mart["name"], [])))
        for mart in [*marts, _FINISHED_MONTHS, _RELEASE_INFO]
    }


def _dataset(mart: Mapping[str, Any], figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns: Mapping[str, Any] = mart["columns"]
    names = {row["metric"]: f"{row['name_zh']} {row['name_en']}" for row in figures}
    labels = [
        (label, title, expression.format(column=column), join.format(column=column))
        for label, (title, candidates, expression, join) in _LABELS.items()
        for column in [next((name for name in candidates if name in columns), None)]
        if column
    ]
    selected = [f"t.{column}" for column in columns] + [
        f"{expression} as {label}" for label, _title, expression, _join in labels
    ]
    joins = "".join(f"\n{join}" for _label, _title, _expression, join in labels if join)
    relation = mart.get("relation", f"marts.{mart['name']}")
    moment = next((name for name in ("month", "period_start", "data_cutoff") if name in columns), None)
    return {
        "table_name": mart["name"],
        "description": " ".join(mart["description"].split()),
        "schema": "marts",
        "sql": "select\n    " + ",\n    ".join(selected) + f"\nfrom {relation} as t{joins}\n",
        "main_dttm_col": moment,
        "columns": [
            _column(name, column["data_type"], names.get(name), column["description"])
            for name, column in columns.items()
        ]
        + [_column(label, "text", title, None) for label, title, _expression, _join in labels],
        "metrics": [_metric(row, [name for name in _LEVELS if name in columns]) for row in figures]
        or [{"metric_name": "rows", "verbose_name": "行数 Rows", "expression": "count(*)"}],
        "uuid": uuid_of("dataset", mart["name"]),
        "database_uuid": uuid_of("database", "textile"),
        "version": "1.0.0",
    }


def _column(name: str, data_type: str, title: str | None, description: str | None) -> dict[str, Any]:
    kind = data_type.removeprefix("pg_catalog.").partition("(")[0].upper()
    column = {
        "column_name": name,
        "verbose_name": title,
        "description": description and " ".join(description.split()),
        "type": kind,
        "is_dttm": kind in ("DATE", "TIMESTAMPTZ"),
    }
    return {key: value for key, value in column.items() if value}


def _metric(row: Mapping[str, Any], levels: Sequence[str]) -> dict[str, Any]:
    """A metric with the catalogue's SQL; without it a sum if additive, else the value of a single row."""
    warning = None
    if row["how_to_aggregate"]:
        expression = row["how_to_aggregate"]
    elif row["is_additive"]:
        expression = f"sum({row['metric']})"
    else:
        expression = f"case when count(*) = 1 then max({row['metric']}) end"
        warning = (
            "不可汇总：多行时为空，请逐一筛选。 Does not add up: empty over several rows, so filter to one."
        )
    # The functions of marts (schema/ratios.sql) refuse mixed levels; a sum does not.
    if not warning and levels and "marts." not in expression:
        names = ", ".join(levels)
        warning = (
            f"请将 {names} 各筛选为一个值，否则重复相加。"
            f" Filter {names} to one value each, or it counts double."
        )
    extra: dict[str, Any] = {
        "certification": {
            "certified_by": row["owner"],
            "details": f"marts.metric_catalogue: {row['formula']}",
        }
    }
    if warning:
        extra["warning_markdown"] = warning
    return {
        "metric_name": row["metric"],
        "verbose_name": f"{row['name_zh']} {row['name_en']}",
        "description": row["formula"],
        "expression": expression,
        "d3format": _format(row),
        "extra": extra,
    }


def _format(row: Mapping[str, Any]) -> str:
    is_growth = row["unit"] == "fraction" and "growth" in row["metric"]
    return _FORMATS.get("growth" if is_growth else row["unit"], ",.3f" if row["kind"] == "index" else ",.2f")


class _Dumper(yaml.SafeDumper):
    """SafeDumper that writes texts of several lines as blocks."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def _yaml(dataset: dict[str, Any]) -> str:
    head = "# Written by `python -m include.dashboard.datasets` from the dbt project; do not edit.\n"
    return head + yaml.dump(dataset, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def read_catalogue(connection: psycopg.Connection, schema: str = "marts") -> list[dict[str, Any]]:
    """The rows of the metric catalogue, with the SQL to aggregate each metric."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(CATALOGUE.format(schema=schema).encode()).fetchall()


def write(folder: Path, catalogue: Iterable[Mapping[str, Any]]) -> list[Path]:
    """Write the datasets and remove those of marts that the exposure no longer names; returns all."""
    found = datasets(parse_project(), catalogue)
    for stale in folder.glob("*.yml"):
        if stale.name not in found:
            stale.unlink()
    for name, text in found.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in found]


if __name__ == "__main__":
    with psycopg.connect(load_settings().dsn(Role.BI_READER)) as reader:
        written = write(FOLDER, read_catalogue(reader))
    print(f"{len(written)} datasets in {FOLDER.relative_to(PROJECT_DIR)}")
