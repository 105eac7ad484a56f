"""Goods and markets: what the mills sell and where the buyers are. Prices are CNY per unit, without tax."""

from typing import NamedTuple


class Good(NamedTuple):
    """One HS8 code of a product group; ``kg_per_unit`` is for goods without width and weight."""

    group: str
    hs_code: str
    name_zh: str
    name_en: str
    unit: str
    share: float
    price: tuple[float, float]
    gsm: tuple[float, float] | None = None
    kg_per_unit: float = 1.0


# Units and codes as in the Chinese customs tariff of 2020; the names are an order book's, not the tariff's.
GOODS: tuple[Good, ...] = (
    Good("denim", "52094200", "全棉靛蓝劳动布", "Cotton denim, indigo", "m", 0.6, (15, 25), (300, 420)),
    Good("denim", "52114200", "棉涤弹力劳动布", "Cotton-poly stretch denim", "m", 0.4, (12, 21), (250, 360)),
    Good("white_cloth", "52081200", "全棉未漂平布", "Cotton grey sheeting", "m", 0.34, (4.5, 8), (105, 195)),
    Good("white_cloth", "52081900", "全棉未漂缎纹布", "Cotton grey sateen", "m", 0.14, (5, 9), (110, 195)),
    Good("white_cloth", "52091200", "全棉未漂斜纹布", "Cotton grey twill", "m", 0.18, (6.5, 10), (205, 290)),
    Good("white_cloth", "52101100", "涤棉未漂平布", "T/C grey cloth", "m", 0.20, (4, 7), (95, 180)),
    Good("white_cloth", "52111200", "涤棉未漂斜纹布", "T/C grey drill", "m", 0.14, (5.5, 9), (205, 270)),
    Good("yarn_dyed", "52084200", "全棉色织布", "Cotton yarn-dyed shirting", "m", 0.6, (11, 19), (105, 180)),
    Good("yarn_dyed", "52114300", "棉涤色织斜纹布", "Yarn-dyed twill", "m", 0.4, (12, 20), (205, 280)),
    Good("other_fabric", "52083200", "全棉染色平布", "Cotton dyed sheeting", "m", 0.5, (8, 13), (105, 190)),
    Good("other_fabric", "52093200", "全棉染色斜纹布", "Cotton dyed twill", "m", 0.5, (11, 17), (205, 290)),
    Good("yarn", "52051200", "普梳棉纱", "Carded cotton yarn", "kg", 0.5, (17, 23)),
    Good("yarn", "52052300", "精梳棉纱", "Combed cotton yarn", "kg", 0.5, (22, 30)),
    Good("home_textile", "63023191", "全棉床单", "Cotton bed sheet", "strip", 0.5, (38, 80), None, 0.9),
    Good("home_textile", "63026010", "全棉浴巾", "Cotton bath towel", "strip", 0.5, (12, 30), None, 0.4),
    Good("garment", "62034290", "男式全棉长裤", "Men's cotton trousers", "strip", 0.6, (40, 85), None, 0.6),
    Good("garment", "62052000", "男式棉衬衫", "Men's cotton shirt", "piece", 0.4, (30, 65), None, 0.25),
)
PRODUCT_GROUPS = tuple(dict.fromkeys(good.group for good in GOODS))

# Countries of each market and their weight. The two domestic markets are Guangdong and the other provinces.
GUANGDONG, OTHER_DOMESTIC = "CHN-44", "CHN"
MARKETS: dict[str, dict[str, float]] = {
    GUANGDONG: {"CHN": 1.0},
    OTHER_DOMESTIC: {"CHN": 1.0},
    "ASEAN": {"VNM": 40, "IDN": 22, "THA": 10, "KHM": 9, "PHL": 7, "MMR": 6, "MYS": 5, "SGP": 1},
    "EU": {"ITA": 22, "DEU": 20, "ESP": 16, "FRA": 12, "NLD": 10, "PRT": 7, "POL": 6, "BEL": 5, "CYP": 2},
    "UK": {"GBR": 1},
    "NORTH_AMERICA": {"USA": 88, "CAN": 12},
    "LATIN_AMERICA": {"COL": 28, "PER": 26, "GTM": 22, "CHL": 14, "ECU": 10},
    "EAST_ASIA": {"JPN": 38, "KOR": 36, "HKG": 22, "TWN": 4},
    "SOUTH_ASIA": {"BGD": 58, "PAK": 20, "LKA": 14, "IND": 8},
    "MIDDLE_EAST": {"ARE": 44, "TUR": 34, "SAU": 14, "JOR": 8},
    "AFRICA": {"NGA": 26, "EGY": 22, "MAR": 16, "KEN": 14, "TGO": 12, "BEN": 10},
    "OCEANIA": {"AUS": 86, "NZL": 14},
    "CIS": {"RUS": 66, "UZB": 20, "KAZ": 14},
}
MARKET_NAMES = tuple(MARKETS)
COUNTRIES = tuple(sorted({country for members in MARKETS.values() for country in members}))
# Provinces of the domestic buyers outside Guangdong.
PROVINCES = {"33": 34, "32": 18, "31": 9, "35": 10, "37": 9, "42": 6, "36": 5, "41": 4, "51": 3, "11": 2}

CURRENCIES = ("CNY", "USD", "EUR")
EUR_SHARE = 0.3  # of the orders from Europe; all others abroad are in USD
EURO_MARKETS = ("EU", "UK")
INCOTERMS = {"FOB": 0.7, "CIF": 0.25, "CFR": 0.05}
FREIGHT_SHARE = 0.04  # of the FOB value, in the price of a CIF or CFR sale
METRES_PER_YARD = 0.9144
