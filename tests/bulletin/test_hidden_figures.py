"""What is hidden with what has few mills behind it, on rows made for it."""

from datetime import date
from typing import Any

import pytest

from include.bulletin.hidden_figures import Disclosure, Row
from include.bulletin.sections import Section, sections

MONTH, BASE = date(2020, 1, 1), date(2019, 2, 1)


def section(name: str) -> Section:
    return next(section for section in sections() if section.id == name)


def row(name: str, product: str, member: str = "", **values: Any) -> Row:
    """A row in which every figure and count that is not given is 10."""
    counts = dict.fromkeys(section(name).few, 10)
    figures = {column.name: 10 for column in section(name).figures()}
    known = {"member": member} if member else {}
    return {"product": product, "month": MONTH, **known, **counts, **figures, **values}


def hidden(name: str, *rows: Row, disclosure: Disclosure | None = None) -> dict[Any, list[str]]:
    found = (disclosure or Disclosure([], {})).hide_in(section(name), list(rows))
    return {(r["product"], r.get("member")): r["hidden"] for r in found}


@pytest.mark.parametrize(
    ("smaller", "is_hidden"), [(-2, False), (0, False), (1, True), (2, True), (3, False)]
)
def test_all_less_the_four_largest_are_not_one_or_two(smaller, is_hidden):
    found = hidden("concentration", row("concentration", "denim", "customers", export_smaller_count=smaller))
    wanted = ["export_largest_four_share", "export_largest_four_value_cny"] if is_hidden else []
    assert found == {("denim", "customers"): wanted}


def test_new_customers_of_a_hidden_product_are_not_all_less_the_others():
    rows = [
        row("new_customers", p, "CN-44", mills=n)
        for p, n in (("ALL", 9), ("denim", 8), ("yarn", 1), ("garment", 4))
    ]
    rows += [row("new_customers", "yarn", "CN-33", mills=5), row("new_customers", "yarn", "CN-31", mills=6)]
    found = hidden("new_customers", *rows)
    # garment: the smallest product beside yarn; Zhejiang (33): the smallest province beside Guangdong.
    dark = {cell for cell, columns in found.items() if columns}
    assert dark == {("yarn", "CN-44"), ("garment", "CN-44"), ("yarn", "CN-33")}


def test_coverage_of_a_hidden_product_is_not_all_less_the_others():
    rows = [
        row("coverage", p, mills_missing=n)
        for p, n in (("ALL", 7), ("denim", 5), ("yarn", 1), ("garment", 0))
    ]
    found = hidden("coverage", *rows)
    assert {product for (product, _), columns in found.items() if columns} == {"yarn", "denim"}
    assert "growth_yoy" not in found["yarn", None]


def test_hidden_provinces_are_not_in_the_order_of_their_size():
    rows = [row("new_customers", "ALL", m, mills=n) for m, n in (("C", 1), ("A", 1), ("D", 9), ("B", 9))]
    assert [member for _, member in hidden("new_customers", *rows)] == ["D", "A", "B", "C"]


def test_the_months_of_the_festival_base_count_too():
    disclosure = Disclosure(
        [{"basis": "customs", "month": BASE, "product": "denim", "part": "ASEAN", "mills": 2}], {}
    )
    asked = row("asean", "denim", festival_base_months=[date(2019, 1, 1), BASE])
    assert "compared_value_cny" in hidden("asean", asked, disclosure=disclosure)["denim", None]
    assert not hidden("asean", asked | {"festival_base_months": []}, disclosure=disclosure)["denim", None]
