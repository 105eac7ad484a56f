"""A mill that declares a month after its orders, with a gap of each kind."""

from tests.transform.raw_lines import Line, item, order

MILL = "000000000000002004"
_ORDERED = {1: 1000, 2: 2000, 3: 500, 4: 3000, 5: 1500, 6: 2500, 7: 800, 10: 1000, 11: 900}
_INCOTERMS = {4: "FOB", 10: "cif"}
# month: yuan, quantity, unit
_DECLARED = {
    1: (400, 40, "m"),
    2: (1000, 100, "m"),
    3: (2040, 204, "m"),
    4: (300, 30, "m"),
    5: (2400, 300, "m"),
    6: (1000, 100, "kg"),
    8: (800, 80, "m"),
    10: (600, 60, "m"),
    11: (700, 100, "m"),
}
LINES: list[Line] = [
    *(
        order(
            *("denim", f"2004-{month:02}-15", yuan),
            country="USA",
            quantity=yuan // 10,
            enterprise_uscc=MILL,
            incoterm=_INCOTERMS.get(month),
        )
        for month, yuan in _ORDERED.items()
    ),
    *(
        item("denim", f"2004-{month:02}-15", yuan, quantity_1=quantity, unit_1=unit, consignor_uscc=MILL)
        for month, (yuan, quantity, unit) in _DECLARED.items()
    ),
    # A sample worth nothing, in rolls.
    order("denim", "2004-07-16", "0.00", country="USA", unit="roll", enterprise_uscc=MILL),
    item("denim", "2021-03-10", 100, consignor_uscc=MILL),
    # Turned to the domestic market: declared, but no export.
    item("denim", "2004-02-20", 5000, trade_mode="0644", consignor_uscc=MILL),
]
