"""Metrics of the semantic layer say what the seed ``metrics`` says, over columns that are there."""

import pytest

from include.transform import dbt
from include.transform.languages import in_chinese, in_english
from include.transform.mart_pages import parse_manifest, read_metrics

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def manifest() -> dict:
    return parse_manifest()


def mart_of(manifest: dict, metric: dict) -> str:
    """The mart that a metric is made from, in the end."""
    above = metric["depends_on"]["nodes"][0]
    if above in manifest["metrics"]:
        return mart_of(manifest, manifest["metrics"][above])
    return manifest["semantic_models"][above]["node_relation"]["alias"]


def test_the_main_measures_are_there(manifest: dict):
    types = {metric["name"]: str(metric["type"]) for metric in manifest["metrics"].values()}
    assert {name: types.get(name) for name in ("domestic_share", "white_cloth_asean_growth_yoy")} == {
        "domestic_share": "ratio",
        "white_cloth_asean_growth_yoy": "derived",
    }
    assert {"export_value_cny", "growth_yoy", "contribution_pp"} <= set(types)


def test_names_and_ratios_are_those_of_the_seed(manifest: dict):
    named = 0
    for metric in manifest["metrics"].values():
        assert in_chinese(metric["description"])
        assert in_english(metric["description"])
        chinese, _, english = metric["label"].partition(" / ")
        assert in_chinese(chinese)
        assert english
        if row := read_metrics(mart_of(manifest, metric)).get(metric["name"]):
            named += 1
            assert (chinese, english) == (row["name_zh"], row["name_en"])
            if str(metric["type"]) == "ratio":
                parts = (metric["type_params"][part]["name"] for part in ("numerator", "denominator"))
                assert tuple(parts) == (row["numerator"], row["denominator"])
    assert named >= 7


def test_they_use_columns_that_bi_reader_may_read(manifest: dict):
    assert len(manifest["semantic_models"]) == 5
    for model in manifest["semantic_models"].values():
        (mart,) = (manifest["nodes"][node] for node in model["depends_on"]["nodes"])
        assert not mart["config"]["meta"].get("restricted")
        parts = [*model["entities"], *model["dimensions"], *model["measures"]]
        assert {part["expr"] or part["name"] for part in parts} <= set(mart["columns"])


def test_measures_are_the_columns_their_metrics_are_named_for(manifest: dict):
    columns = {
        measure["name"]: measure["expr"]
        for model in manifest["semantic_models"].values()
        for measure in model["measures"]
    }
    simple = [metric for metric in manifest["metrics"].values() if str(metric["type"]) == "simple"]
    assert len(simple) >= 5
    for metric in simple:
        assert columns[metric["type_params"]["measure"]["name"]] == metric["name"]


def test_no_figure_depends_on_it(monkeypatch: pytest.MonkeyPatch):
    before = dbt.code_version(), dbt.tables_version()
    semantic = dbt.DBT_PROJECT / "models" / "semantic"
    assert not [name for name in dbt.inputs() if name.startswith("models/semantic")]
    monkeypatch.setattr(dbt, "_NO_FIGURES", ())
    assert (semantic / "_time.yml").is_file()
    assert (dbt.code_version(), dbt.tables_version()) != before
