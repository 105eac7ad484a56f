"""Exports beside the customs statistics: market shares in June, what is not covered in September, shares."""

from tests.transform.raw_lines import Line, item, statistic

PARTNERS = {"VNM": "141", "DEU": "304", "USA": "502"}
# product, market, the cluster's exports in 2016 and 2017, China's in 2016 and 2017
_CONSTANT_MARKET_SHARE = [
    ("denim", "VNM", 20, 24, 100, 105),
    ("denim", "DEU", 40, 32, 400, 360),
    ("denim", "USA", 20, 16, 200, 180),
    ("white_cloth", "VNM", 40, 52, 400, 440),
    ("white_cloth", "DEU", 20, 18, 200, 190),
    ("white_cloth", "USA", 10, 9, 100, 95),
]
_JUNE = [
    line
    for product, market, *values in _CONSTANT_MARKET_SHARE
    for year, exports, world in zip((2016, 2017), values[:2], values[2:], strict=True)
    for line in (
        item(product, f"{year}-06-15", exports, destination_country=market),
        statistic(product, f"{year}-06-01", world, partner_code=PARTNERS[market]),
    )
]
# The same exports once more, by province: they must not count twice.
_JUNE_BY_PROVINCE = [
    statistic(product, f"{year}-06-01", value, province_code=province)
    for product, year, value, province in [
        ("denim", 2016, 500, "33"),
        ("denim", 2016, 200, "44"),
        ("denim", 2017, 645, "33"),
        ("white_cloth", 2016, 700, "33"),
        ("white_cloth", 2017, 725, "33"),
    ]
]
# Denim to Vietnam is covered; to Germany the statistics have no base; yarn they do not split by partner; of
# white cloth they lack a code.
_SEPTEMBER = [
    *(item("denim", f"{year}-09-15", value) for year, value in ((2016, 10), (2017, 15))),
    *(statistic("denim", f"{year}-09-01", 100, partner_code="141") for year in (2016, 2017)),
    item("denim", "2017-09-15", 7, destination_country="DEU"),
    statistic("denim", "2017-09-01", 70, partner_code="304"),
    *(item("yarn", f"{year}-09-15", value) for year, value in ((2016, 50), (2017, 40))),
    *(statistic("yarn", f"{year}-09-01", 900) for year in (2016, 2017)),
    *(item("white_cloth", f"{year}-09-15", value) for year, value in ((2016, 3), (2017, 5))),
    item("52081100", "2017-09-15", 1),
    *(statistic("white_cloth", f"{year}-09-01", 30, partner_code="141") for year in (2016, 2017)),
    item("denim", "2017-09-20", 1000, destination_country="VNM", trade_mode="0644"),
]
# August 2016: denim by partner and province in yuan, in all in dollars; yarn in all; white cloth not at all;
# of the anoraks 620112 one code of two, of 620113 both.
_AUGUST = [
    item("denim", "2016-08-15", 20, destination_country="VNM", fob_usd=3, quantity_1=10),
    item("5209420010", "2016-08-15", 10, destination_country="VNM", fob_usd=2, quantity_1=5),
    item("denim", "2016-08-15", 25, destination_country="USA", fob_usd=4, quantity_1=12),
    item("denim", "2016-08-15", 5, destination_country="DEU", fob_usd=1, quantity_1=3),
    item("denim", "2016-08-15", 1000, destination_country="USA", trade_mode="0644"),
    *(
        statistic("denim", "2016-08-01", value, partner_code=partner, province_code=province, **quantity)
        for partner, province, value, quantity in [
            ("141", "33", 50, {"quantity_1": 25, "unit_1": "m"}),
            ("141", "44", 50, {"quantity_1": 9, "unit_1": "kg", "quantity_2": 35, "unit_2": "m"}),
            ("502", "33", 20, {"quantity_1": 24, "unit_1": "m"}),
        ]
    ),
    statistic("denim", "2016-08-01", 20, currency="USD", quantity_1=90, unit_1="m"),
    item("yarn", "2016-08-15", 6, quantity_1=2, unit_1="kg"),
    statistic("yarn", "2016-08-01", 24, quantity_1=8, unit_1="m"),
    item("white_cloth", "2016-08-15", 9),
    item("62011210", "2016-08-15", 1, quantity_1=1, unit_1="piece"),
    item("62011290", "2016-08-15", 2, quantity_1=1, unit_1="piece"),
    statistic("62011210", "2016-08-01", 10, quantity_1=5, unit_1="piece"),
    item("62011310", "2016-08-15", 3, quantity_1=1, unit_1="piece"),
    item("62011390", "2016-08-15", 2, quantity_1=1, unit_1="roll"),
    statistic("62011310", "2016-08-01", 15, quantity_1=5, unit_1="piece"),
    statistic("62011390", "2016-08-01", 10, quantity_1=5, unit_1="piece"),
]
LINES: list[Line] = [*_JUNE, *_JUNE_BY_PROVINCE, *_SEPTEMBER, *_AUGUST]
