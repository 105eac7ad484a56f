"""White cloth to ASEAN, the 31st of a month, rates of two months, a share that rises as its value falls."""

from tests.transform.raw_lines import Line, item, order

# 40 % of the base goes to ASEAN and grows 30 % at prices 5 % lower; the rest falls 5 %.
_ASEAN = [
    item("white_cloth", "2014-04-15", "400.00", destination_country="VNM", quantity_1=1000),
    item("white_cloth", "2014-04-30", "600.00", destination_country="USA", quantity_1=1000),
    item("white_cloth", "2015-04-15", "520.00", destination_country="VNM", quantity_1="1368.4211"),
    item("white_cloth", "2015-04-30", "570.00", destination_country="USA", quantity_1=950),
]
_LAST_DAY_OF_MARCH = [
    order("denim", "2018-03-31", "80.00"),
    order("denim", "2018-04-01", "100.00"),
    order("denim", "2018-04-30", "20.00"),
]
_RATES = [
    order("denim", "2020-08-20", "100.00", currency="USD", country="USA"),
    order("denim", "2021-03-20", "100.00", currency="USD", country="USA"),
    order("denim", "2021-03-21", "6451.67", country="USA"),
]
# To Vietnam 400 of 1000, then 300 of 500.
_SHARE_RISES = [
    item("denim", "2018-10-31", "400.00", destination_country="VNM"),
    item("denim", "2018-10-31", "600.00", destination_country="USA"),
    item("denim", "2019-10-31", "300.00", destination_country="VNM"),
    item("denim", "2019-10-31", "200.00", destination_country="USA"),
]
# The festival was on 2019-02-05 and on 2020-01-25; January 2019 also has a sale before those days.
_FESTIVAL = [
    item("yarn", "2019-01-02", "110.00"),
    item("yarn", "2019-01-24", "90.00"),
    item("yarn", "2019-02-28", "0.00"),
    item("yarn", "2019-03-12", "100.00"),
    item("yarn", "2020-01-13", "99.00"),
    item("yarn", "2020-02-29", "110.00"),
]
# Before and after the United Kingdom left the European Union.
_MEMBERSHIP = [
    item("yarn", "2019-06-15", "60.00", destination_country="DEU"),
    item("yarn", "2019-06-15", "40.00", destination_country="GBR"),
]
# Of 1000 all is in metres; a year later 600 of 1500 is, the rest in pieces that have no width.
_PARTLY_KNOWN = [
    item("denim", "2014-06-15", "1000.00", destination_country="VNM", quantity_1=1000),
    item("denim", "2015-06-15", "600.00", destination_country="VNM", quantity_1=600),
    item("denim", "2015-06-15", "900.00", destination_country="VNM", quantity_1=9, unit_1="piece"),
]
LINES: list[Line] = [
    *_PARTLY_KNOWN,
    *_FESTIVAL,
    *_MEMBERSHIP,
    *_ASEAN,
    *_LAST_DAY_OF_MARCH,
    *_RATES,
    *_SHARE_RISES,
]
