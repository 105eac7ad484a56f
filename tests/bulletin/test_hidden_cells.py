"""No cell of one or two mills is visible, and none follows from a total."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.bulletin import hidden_cells
from tests.bulletin import attack

EUROPE = frozenset({"EU", "UK"})


def test_cells_of_few_mills_are_hidden_and_do_not_follow_by_subtraction():
    mills = {("denim", "ASEAN"): 2, ("denim", "EU"): 9, ("denim", "AFRICA"): 4, ("denim", "all"): 12}
    # AFRICA too, the smaller of those of three mills: otherwise ASEAN is the total less the others.
    assert hidden_cells.find_hidden(mills, []) == {("denim", "ASEAN"), ("denim", "AFRICA")}


def test_nothing_follows_by_subtraction_of_products():
    mills = {(p, "EU"): n for p, n in (("denim", 8), ("yarn", 1), ("garment", 3), ("ALL", 9))}
    assert hidden_cells.find_hidden(mills, []) == {("yarn", "EU"), ("garment", "EU")}


def test_nothing_follows_by_subtraction_from_a_leg():
    mills = {("denim", "EU"): 5, ("denim", "UK"): 1, ("denim", "ASEAN"): 3}
    assert hidden_cells.find_hidden(mills, [EUROPE]) >= {("denim", "UK"), ("denim", "EU")}


def test_exports_do_not_disclose_domestic_sales():
    mills = {("denim", "DOMESTIC"): 1, ("denim", "export"): 6, ("denim", "EU"): 6, ("denim", "all"): 6}
    assert ("denim", "export") in hidden_cells.find_hidden(mills, [])


def test_a_cell_hidden_for_one_sum_is_not_the_only_one_in_another():
    """Denim to the CIS hides yarn's one mill; its own total less the EU must not disclose it."""
    mills = {("yarn", "CIS"): 1, ("denim", "CIS"): 4, ("denim", "EU"): 9, ("denim", "all"): 9}
    assert hidden_cells.find_hidden(mills, []) == {("yarn", "CIS"), ("denim", "CIS"), ("denim", "EU")}


def test_a_total_of_one_cell_is_hidden_with_it():
    mills = {("yarn", "CIS"): 1, ("denim", "CIS"): 4, ("denim", "all"): 4}
    assert ("denim", "all") in hidden_cells.find_hidden(mills, [])


@pytest.mark.parametrize("count", [0, 3, 60])
def test_no_sales_or_many_mills_hide_nothing(count):
    assert hidden_cells.find_hidden({("denim", "EU"): count, ("denim", "UK"): count}, [EUROPE]) == set()


@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["denim", "yarn", "garment", "ALL"]),
            st.sampled_from(["DOMESTIC", "EU", "UK", "ASEAN", "AFRICA"]),
        ),
        st.integers(0, 6),
    )
)
def test_what_is_hidden_on_a_line_is_of_three_mills_where_that_can_be(mills):
    hidden = hidden_cells.find_hidden(mills, [EUROPE])
    assert {cell for cell, count in mills.items() if count in (1, 2)} <= hidden
    assert not {cell for cell in hidden if not mills[cell]}
    lines = [[c for c in mills if c[0] == product] for product, _ in mills]
    lines += [[c for c in mills if c[1] == part and c[0] != "ALL"] for _, part in mills]
    for line in lines:
        dark = [mills[cell] for cell in line if cell in hidden]
        if dark and any(mills[cell] >= hidden_cells.MIN_MILLS for cell in line):
            assert max(dark) >= hidden_cells.MIN_MILLS


ABROAD = ("all", "export")
PARTS = {"DOMESTIC": ("all",), "EU": ABROAD, "UK": ABROAD, "ASEAN": ABROAD}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["denim", "yarn", "garment"]), st.sampled_from(list(PARTS))),
        st.frozensets(st.integers(1, 6), min_size=1),
        min_size=1,
    )
)
def test_no_hidden_cell_follows_by_subtraction(sellers):
    """``sellers``: the mills of each cell; totals over products and market groups are visible or hidden."""
    mills: dict[hidden_cells.Cell, set[int]] = {}
    members: dict[hidden_cells.Cell, set[hidden_cells.Cell]] = {}
    for (product, group), found in sellers.items():
        parts = PARTS[group]
        whole = [(product, part) for part in parts] + [("ALL", part) for part in (group, *parts)]
        for cell in ((product, group), *whole):
            mills[cell] = mills.get(cell, set()) | found
        for cell in [*whole[: len(parts)], ("ALL", group)]:
            members.setdefault(cell, set()).add((product, group))
        for part in parts:
            members.setdefault(("ALL", part), set()).add((product, part))
    hidden = hidden_cells.find_hidden({cell: len(found) for cell, found in mills.items()}, [])

    def known(cells: dict[hidden_cells.Cell, float], value: float) -> attack.Equation:
        return attack.Equation({("", *cell, ""): factor for cell, factor in cells.items()}, value, "")

    visible = [known({cell: 1}, 1) for cell in mills.keys() - hidden]
    sums = [known({whole: 1, **dict.fromkeys(cells, -1)}, 0) for whole, cells in members.items()]
    found_out = attack.computed(visible + sums, {("", *cell, ""): 1 for cell in mills})
    assert not {("", *cell, "") for cell in hidden} & found_out.keys()
