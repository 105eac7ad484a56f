"""Domestic shares that rise by one side or the other; a mill that does not report; new customers at home."""

from tests.transform.raw_lines import Line, order

_MONTHS = [f"2012-{month:02}-15" for month in range(3, 10)]
# From 10 to 35 % in six equal steps, on a total of 12,000 a month.
_FLAT_TOTAL = [
    line
    for step, day in enumerate(_MONTHS)
    for line in (
        order("denim", day, 1200 + 500 * step, province="44"),
        order("denim", day, 10800 - 500 * step, country="USA"),
    )
]
# The same shares, with 1,200 of domestic sales in every month.
_DOMESTIC_UNCHANGED = [
    order("denim", "2013-03-15", "1200.00", province="44"),
    order("denim", "2013-03-15", "10800.00", country="USA"),
    order("denim", "2013-09-15", "1200.00", province="44"),
    order("denim", "2013-09-15", "2228.57", country="USA"),
]
# Twenty-two mills sell 100 each, and 110 a year later; one of them does not report then.
_MILLS = [f"{number:018}" for number in range(22)]
_REPORTING_GAP = [
    *(order("denim", "2010-05-31", "100.00", enterprise_uscc=mill) for mill in _MILLS),
    *(order("denim", "2011-05-31", "110.00", enterprise_uscc=mill) for mill in _MILLS[1:]),
]
# In January and February two mills sell 100 each; a year later one reports January only, with 120.
_MONTH_MISSING = [
    *(
        order("white_cloth", f"2010-{month}-28", "100.00", enterprise_uscc=mill)
        for month in ("01", "02")
        for mill in _MILLS[:2]
    ),
    order("white_cloth", "2011-01-28", "110.00", enterprise_uscc=_MILLS[0]),
    order("white_cloth", "2011-02-28", "110.00", enterprise_uscc=_MILLS[0]),
    order("white_cloth", "2011-01-28", "120.00", enterprise_uscc=_MILLS[1]),
]
# Two whole years: a known customer buys 100 a month, three new ones buy in the second year, two of them in
# Guangdong, where a fourth sends back in May what it had bought a year before.
_NEW_CUSTOMERS = [
    *(
        order("denim", f"{year}-{month:02}-15", "100.00", province="44", customer_code="OLD")
        for year in (2000, 2001)
        for month in range(1, 13)
    ),
    order("denim", "2000-05-16", "7.00", province="44", customer_code="BACK"),
    order("denim", "2001-05-16", "-7.00", province="44", customer_code="BACK"),
    order("denim", "2001-03-16", "30.00", province="44", customer_code="NEW1"),
    order("denim", "2001-06-16", "5.00", province="44", customer_code="NEW1"),
    order("denim", "2001-06-16", "25.00", province="44", customer_code="NEW2"),
    order("denim", "2001-06-16", "40.00", province="33", customer_code="NEW3"),
]
LINES: list[Line] = [*_MONTH_MISSING, *_FLAT_TOTAL, *_DOMESTIC_UNCHANGED, *_REPORTING_GAP, *_NEW_CUSTOMERS]
