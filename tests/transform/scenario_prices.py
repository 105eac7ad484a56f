"""Two items with prices and quantities; relations that continue, enter and leave; a market of few mills."""

from tests.samples import MILL_A, MILL_B
from tests.transform.raw_lines import Line, item, order

# Prices .60, .55 become .57, .56; quantities 1000, 800 become 1300, 780. A third item's price rises fourfold.
_PRICES = [
    item("yarn_dyed", "2014-05-15", "600.00", destination_country="VNM", quantity_1=1000),
    item("yarn_dyed", "2014-05-15", "440.00", destination_country="IDN", quantity_1=800),
    item("yarn_dyed", "2014-05-15", "10.00", destination_country="THA", quantity_1=10),
    item("yarn_dyed", "2015-05-31", "741.00", destination_country="VNM", quantity_1=1300),
    item("yarn_dyed", "2015-05-31", "436.80", destination_country="IDN", quantity_1=780),
    item("yarn_dyed", "2015-05-31", "40.00", destination_country="THA", quantity_1=10),
    item("yarn_dyed", "2015-05-31", "7.00", destination_country="MYS", quantity_1=10),
]
MILL_C = "91330000000000000C"
# To Vietnam 100 continues as 130, 40 leaves; a mill known from yarn enters with 20, a new mill with 50.
_MARGINS = [
    order("denim", "2008-05-31", "100.00", country="VNM", enterprise_uscc=MILL_A),
    order("white_cloth", "2008-05-31", "40.00", country="VNM", enterprise_uscc=MILL_A),
    order("yarn", "2008-05-31", "60.00", country="IDN", enterprise_uscc=MILL_B, unit="kg"),
    order("denim", "2009-05-31", "130.00", country="VNM", enterprise_uscc=MILL_A),
    order("denim", "2009-05-31", "20.00", country="VNM", enterprise_uscc=MILL_B, customer_code="C2"),
    order("denim", "2009-05-31", "50.00", country="VNM", enterprise_uscc=MILL_C),
    order("yarn", "2009-05-31", "60.00", country="IDN", enterprise_uscc=MILL_B, unit="kg"),
]
LINES: list[Line] = [*_PRICES, *_MARGINS]
