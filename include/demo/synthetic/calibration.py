"""The calibration of the synthetic cluster: the figures that the pipeline must find.

The pipeline and the checks may not import this module. Money is CNY at the customs rate of the month. Indexes
are relative to the same month of an ordinary year.
"""

# --- size: an average mill, about 78 M CNY of orders a year in about 390 order lines
MONTHLY_CNY_PER_MILL = 6_500_000.0
LINE_CNY = 205_000.0
LINES_PER_ORDER = 1.8
LEVEL_BY_YEAR = {2016: 0.95, 2017: 0.97, 2018: 1.0, 2019: 1.03}  # later years keep the level of 2019

# --- calendar: peaks in March and September-October, a low in summer, and the mills' Lunar New Year rest
SEASON = (1.00, 0.96, 1.10, 1.05, 1.02, 0.97, 0.93, 0.97, 1.06, 1.05, 1.02, 0.99)
LUNAR_NEW_YEAR = {
    2016: (2, 8),
    2017: (1, 28),
    2018: (2, 16),
    2019: (2, 5),
    2020: (1, 25),
    2021: (2, 12),
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
}
REST_DAYS = (-7, 14)  # first and last day of the rest, counted from New Year's Day
REST_ACTIVITY = 0.25  # orders on a day of the rest, against an ordinary day
WEEKDAY_ACTIVITY = (1.1, 1.1, 1.1, 1.1, 1.05, 0.8, 0.35)

# --- products: share of each product group in the value of all orders
PRODUCT_SHARE = {
    "denim": 0.38,
    "white_cloth": 0.36,
    "yarn_dyed": 0.08,
    "other_fabric": 0.05,
    "yarn": 0.04,
    "home_textile": 0.06,
    "garment": 0.03,
}

# --- markets: domestic share in an ordinary month, then the export markets of each product
DOMESTIC_SHARE = {
    "denim": 0.10,
    "white_cloth": 0.17,
    "yarn_dyed": 0.15,
    "other_fabric": 0.20,
    "yarn": 0.55,
    "home_textile": 0.18,
    "garment": 0.15,
}
GUANGDONG_SHARE = (0.32, 0.38)  # of the domestic value of a month, drawn within this range
_FINISHED_GOODS = {
    "EU": 0.24,
    "UK": 0.07,
    "NORTH_AMERICA": 0.33,
    "EAST_ASIA": 0.14,
    "OCEANIA": 0.06,
    "LATIN_AMERICA": 0.06,
    "MIDDLE_EAST": 0.05,
    "ASEAN": 0.05,
}
EXPORT_MIX = {
    "denim": {
        "NORTH_AMERICA": 0.25,
        "EU": 0.20,
        "ASEAN": 0.13,
        "LATIN_AMERICA": 0.12,
        "SOUTH_ASIA": 0.09,
        "MIDDLE_EAST": 0.07,
        "EAST_ASIA": 0.05,
        "UK": 0.04,
        "AFRICA": 0.03,
        "CIS": 0.02,
    },
    "white_cloth": {
        "ASEAN": 0.38,
        "SOUTH_ASIA": 0.19,
        "EU": 0.11,
        "NORTH_AMERICA": 0.10,
        "EAST_ASIA": 0.07,
        "AFRICA": 0.06,
        "MIDDLE_EAST": 0.04,
        "UK": 0.03,
        "LATIN_AMERICA": 0.02,
    },
    "yarn_dyed": {
        "ASEAN": 0.26,
        "SOUTH_ASIA": 0.20,
        "EU": 0.20,
        "NORTH_AMERICA": 0.16,
        "EAST_ASIA": 0.12,
        "UK": 0.06,
    },
    "other_fabric": {
        "ASEAN": 0.30,
        "AFRICA": 0.22,
        "SOUTH_ASIA": 0.18,
        "MIDDLE_EAST": 0.14,
        "LATIN_AMERICA": 0.10,
        "CIS": 0.06,
    },
    "yarn": {"ASEAN": 0.50, "SOUTH_ASIA": 0.30, "EAST_ASIA": 0.20},
    "home_textile": _FINISHED_GOODS,
    "garment": _FINISHED_GOODS,
}
NOISE_SD = 0.04  # monthly noise of every (product, market) that has no calibrated figure

# --- 2020, denim: from April exports fall month by month while domestic sales grow by more
DENIM_EXPORT_2020 = (0.97, 0.90, 0.97, 0.94, 0.91, 0.91, 0.91, 0.85, 0.76)
DENIM_DOMESTIC_SHARE_2020 = (0.10, 0.10, 0.10, 0.14, 0.18, 0.22, 0.265, 0.31, 0.35)
# --- 2020, white cloth: ASEAN ends 30 % above September 2019, Europe and North America return to their level
WHITE_CLOTH_2020 = {
    "ASEAN": (0.98, 0.90, 1.00, 1.02, 1.07, 1.12, 1.18, 1.24, 1.30),
    "EU": (0.98, 0.88, 0.90, 0.75, 0.80, 0.88, 0.94, 0.98, 1.00),
    "UK": (0.98, 0.88, 0.90, 0.75, 0.80, 0.88, 0.94, 0.98, 1.00),
    "NORTH_AMERICA": (0.98, 0.88, 0.92, 0.72, 0.78, 0.87, 0.93, 0.98, 1.00),
}
# --- 2020, everything else
EXPORT_2020 = (0.98, 0.85, 0.92, 0.84, 0.86, 0.90, 0.94, 0.97, 0.99)
DOMESTIC_2020 = (1.00, 0.82, 0.95, 1.00, 1.02, 1.04, 1.05, 1.06, 1.08)

# --- mills: one mill in twenty, of denim, stays an exporter in all months, at this domestic share
MILLS_PER_STEADY_EXPORTER = 20
STEADY_DOMESTIC_SHARE = (0.12, 0.18)
STEADY_SIZE = 0.5  # of an average mill
STEADY_EXPORT_MIX = {"NORTH_AMERICA": 0.40, "EU": 0.30, "ASEAN": 0.15, "LATIN_AMERICA": 0.15}

# --- versions of a line
AMENDED_LINES = 0.025
CANCELLED_ORDERS = 0.015  # drawn on top of the calibrated value
REVISION_DAYS = (2, 50)  # from the first version to the second

# --- export declarations of the mills themselves, in the month of export
DECLARED_SHARE = 0.95  # of the order book's exports; trading companies export the rest
SHIPPING_DAYS = (14, 45)  # from order to shipment
AMENDED_ITEMS = 0.015
# Items drawn on top of the calibrated value, as a share of all items; none of them counts as an export.
DELETED_ITEMS = 0.007
TURNED_DOMESTIC_ITEMS = 0.006
OTHER_DISTRICT_ITEMS = 0.02
TRADE_MODES = {"0110": 0.885, "0615": 0.06, "0214": 0.03, "1039": 0.018, "9610": 0.007}

# --- statistics: each province's exports per product and partner, against the cluster's own
ZHEJIANG_MULTIPLE = (3.0, 7.0)
OTHER_PROVINCES = {"44": 0.55, "32": 0.80, "35": 0.35, "37": 0.60}  # against Zhejiang
