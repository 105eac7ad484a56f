"""No cell of one or two mills is shown, and none can be worked out from a total."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.bulletin import disclosure

EUROPE = frozenset({"EU", "UK"})


def test_few_mills_are_hidden_and_nobody_can_subtract():
    mills = {("denim", "ASEAN"): 2, ("denim", "EU"): 9, ("denim", "AFRICA"): 4, ("denim", "all"): 12}
    # AFRICA too, the smaller of those that are of three mills: else ASEAN were the total less the others.
    assert disclosure.hidden(mills, []) == {("denim", "ASEAN"), ("denim", "AFRICA")}


def test_nobody_subtracts_product_from_product_either():
    mills = {(p, "EU"): n for p, n in (("denim", 8), ("yarn", 1), ("garment", 3), ("ALL", 9))}
    assert disclosure.hidden(mills, []) == {("yarn", "EU"), ("garment", "EU")}


def test_nobody_subtracts_from_a_leg():
    mills = {("denim", "EU"): 5, ("denim", "UK"): 1, ("denim", "ASEAN"): 3}
    assert disclosure.hidden(mills, [EUROPE]) >= {("denim", "UK"), ("denim", "EU")}


def test_exports_do_not_tell_domestic_sales():
    mills = {("denim", "DOMESTIC"): 1, ("denim", "export"): 6, ("denim", "EU"): 6, ("denim", "all"): 6}
    assert ("denim", "export") in disclosure.hidden(mills, [])


@pytest.mark.parametrize("count", [0, 3, 60])
def test_no_sales_or_many_mills_hide_nothing(count):
    assert disclosure.hidden({("denim", "EU"): count, ("denim", "UK"): count}, [EUROPE]) == set()


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
    hidden = disclosure.hidden(mills, [EUROPE])
    assert {cell for cell, count in mills.items() if count in (1, 2)} <= hidden
    assert not {cell for cell in hidden if not mills[cell]}
    lines = [[c for c in mills if c[0] == product] for product, _ in mills]
    lines += [[c for c in mills if c[1] == part and c[0] != "ALL"] for _, part in mills]
    for line in lines:
        dark = [mills[cell] for cell in line if cell in hidden]
        if dark and any(mills[cell] >= disclosure.FEWEST_MILLS for cell in line):
            assert max(dark) >= disclosure.FEWEST_MILLS
