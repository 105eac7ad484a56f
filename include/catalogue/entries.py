"""Entries of the catalogue for marts and columns, from dbt's manifest and the rules."""

from dataclasses import dataclass
from typing import Any

from include.quality.declared import DeclaredRule, list_mart_rules
from include.transform.languages import in_chinese, in_english
from include.transform.mart_pages import list_marts, read_metrics, upstream


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Column:
    """A column of a mart; ``metric``: its row of the seed ``metrics``, empty where it is no figure."""

    name: str
    type: str
    meaning: Text
    metric: dict[str, str]
    tests: list[str]
    rules: list[DeclaredRule]


@dataclass(frozen=True)
class Mart:
    """A mart; ``tests`` and ``rules``: on whole rows; ``parents``: the nodes that it directly depends on."""

    name: str
    unique_id: str
    meaning: Text
    question: Text
    meta: dict[str, Any]
    columns: list[Column]
    tests: list[str]
    rules: list[DeclaredRule]
    parents: list[dict[str, str]]
    upstream: list[str]
    exposures: list[dict[str, Any]]

    @property
    def sources(self) -> list[str]:
        """The tables of raw that it depends on."""
        return [name.removesuffix(" (source)") for name in self.upstream if name.endswith(" (source)")]


def entries(manifest: dict[str, Any]) -> list[Mart]:
    """Every mart of a manifest of dbt, in name order."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    return [_mart(node, nodes, manifest) for node in list_marts(nodes)]


def _mart(node: dict[str, Any], nodes: dict[str, Any], manifest: dict[str, Any]) -> Mart:
    name, meta = node["name"], node["config"]["meta"]
    tests = _tests(node, nodes)
    rules = list_mart_rules(name)
    metrics = read_metrics(name)
    columns = [
        Column(
            name=column["name"],
            type=column["data_type"],
            meaning=_text(column["description"]),
            metric=metrics.get(column["name"], {}),
            tests=[constraint["type"] for constraint in column["constraints"]]
            + tests.get(column["name"], []),
            rules=[rule for rule in rules if rule.checks(column["name"])],
        )
        for column in node["columns"].values()
    ]
    return Mart(
        name=name,
        unique_id=node["unique_id"],
        meaning=_text(node["description"]),
        question=_text(meta.get("question", "")),
        meta=meta,
        columns=columns,
        tests=tests.get(None, []),
        rules=[rule for rule in rules if not any(rule in column.rules for column in columns)],
        parents=[
            {"name": nodes[parent]["name"], "type": nodes[parent]["resource_type"], "unique_id": parent}
            for parent in sorted(set(node["depends_on"]["nodes"]))
        ],
        upstream=upstream(node, nodes),
        exposures=[
            exposure
            for exposure in manifest["exposures"].values()
            if node["unique_id"] in exposure["depends_on"]["nodes"]
        ],
    )


def exposures(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The uses of the marts (dbt's exposures), in name order."""
    return [
        {**exposure, "meaning": _text(exposure["description"])}
        for exposure in sorted(manifest["exposures"].values(), key=lambda exposure: str(exposure["name"]))
    ]


def metrics(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The semantic layer's metrics in name order, each with its marts."""
    models = manifest["semantic_models"]
    return [
        {
            "name": metric["name"],
            "unique_id": metric["unique_id"],
            "label": metric["label"],
            "marts": sorted({models[model]["node_relation"]["alias"] for model in _models(metric, manifest)}),
        }
        for metric in sorted(manifest["metrics"].values(), key=lambda metric: str(metric["name"]))
    ]


def _models(metric: dict[str, Any], manifest: dict[str, Any]) -> set[str]:
    """Semantic models of a metric, also through the metrics that it is derived from."""
    found = set()
    for parent in metric["depends_on"]["nodes"]:
        found |= _models(manifest["metrics"][parent], manifest) if parent in manifest["metrics"] else {parent}
    return found


def _text(description: str) -> Text:
    return Text(in_chinese(description), in_english(description))


def _tests(node: dict[str, Any], nodes: dict[str, Any]) -> dict[str | None, list[str]]:
    """Column, or None for whole rows -> its dbt tests as text."""
    found: dict[str | None, list[str]] = {}
    for test in nodes.values():
        if test["resource_type"] == "test" and test.get("attached_node") == node["unique_id"]:
            declared = test["test_metadata"]
            details = {k: v for k, v in declared["kwargs"].items() if k not in ("column_name", "model")}
            words = "; ".join(
                ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                for value in details.values()
            )
            found.setdefault(test.get("column_name"), []).append(
                f"{declared['name']}: {words}" if words else declared["name"]
            )
    return found
