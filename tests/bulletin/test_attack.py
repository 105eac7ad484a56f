"""No cell of one or two mills follows from the finished page, with as many subtractions as one likes."""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.bulletin import hidden_cells
from include.bulletin.write import write as write_bulletin
from include.demo import synthetic
from include.load import loading
from include.release import publishing
from include.settings import Settings
from tests.bulletin import attack
from tests.bulletin.truth import Truth, truth_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cluster(new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Fourteen months of thirty mills, with many cells of one or two of them."""
    settings = new_warehouse()
    files = tmp_path_factory.mktemp("cluster")
    synthetic.generate(files, months=14, enterprises=30, scale=0.3)
    for source in ("enterprise_orders", "customs_exports", "customs_statistics"):
        for folder in [files / source, *sorted(path for path in (files / source).iterdir() if path.is_dir())]:
            found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".yml")
            profile = None if folder.name == source else folder.name
            assert not [r for r in loading.load_files(settings, source, found, profile) if r.failed_rules]
    assert publishing.publish(settings).status == "published"
    return settings


@pytest.fixture(scope="module")
def truth(cluster: Settings) -> Truth:
    return truth_of(cluster)


@pytest.fixture
def page(cluster: Settings) -> dict[str, Any]:
    return attack.sections(Path(write_bulletin(cluster).file).read_text(encoding="utf-8"))


def hidden(truth: Truth) -> set[attack.Cell]:
    """The cells of months that are hidden, with those that would disclose another."""
    mills: dict[tuple[str, str], dict[hidden_cells.Cell, int]] = defaultdict(dict)
    for (basis, product, part, month), count in truth.mills.items():
        if (part.isupper() and (basis, part) != ("customs", "DOMESTIC")) or part in hidden_cells.SCOPES:
            mills[basis, month][product, part] = count
    return {
        (basis, product, part, month)
        for (basis, month), cells in mills.items()
        for product, part in hidden_cells.find_hidden(
            {c: n for c, n in cells.items() if basis == "order_book" or c[1] != "all"},
            truth.legs.values() if basis == "order_book" else (),
        )
    }


def computable_cells(page: dict[str, Any], truth: Truth) -> list[attack.Cell]:
    """The cells of one or two mills, and others that are hidden, that are computed."""
    found = attack.equations(page, truth)
    # Who counts the EU's base with Britain is wrong; of every other figure the attack knows what it is.
    right = [equation for equation in found if attack.holds(equation, truth)]
    wrong = [equation.text for equation in found if not attack.holds(equation, truth)]
    assert [text for text in wrong if not re.search("EU|UK|COMBINED", text)] == []
    secret = {cell for cell, count in truth.mills.items() if count in (1, 2) and cell in truth.values}
    secret |= hidden(truth)
    assert len(secret) > 100
    return sorted(secret & attack.computed(right, truth.values).keys())


def test_subtraction_discloses_no_cell_of_one_or_two_mills(page, truth):
    assert computable_cells(page, truth) == []


def test_the_attack_would_find_a_total_with_domestic_processing(page, truth):
    for row in page["blocs"]["rows"]:
        of_all = truth.values.get(("customs", row["product"], "all", row["month"]))
        row["total_value_cny"] = row["total_value_cny"] and of_all
        row["share"] = row["share_change_yoy_pp"] = row["base_total_value_cny"] = None
    assert {(basis, part) for basis, _, part, _ in computable_cells(page, truth)} == {("customs", "DOMESTIC")}
