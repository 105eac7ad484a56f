"""Twelve mills that sell the same every month, January 2019 to 10 September 2020: what moves is an error.

Every mill sells denim and white cloth to Guangdong, Vietnam and America, each for three million yuan a month,
and declares what goes abroad. The last mill's July is missing: it comes late.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from tests.samples import Row, enterprise, item, order
from tests.transform.raw_lines import Line, statistic

MILLS = tuple(enterprise(number) for number in range(1, 13))
LATE = (MILLS[-1], "2020-07")
MONTHS = tuple(
    f"{year}-{month:02}" for year in (2019, 2020) for month in range(1, 13) if (year, month) < (2020, 10)
)
_CODES = ("52094200", "52081200")
_MARKETS = (("中国", "广东"), ("越南", ""), ("美国", ""))
_PARTNERS = ("ALL", "141", "502")


def orders(cells: Iterable[tuple[str, str]], amount: int = 3_000_000, prefix: str = "A") -> Iterator[Row]:
    """Order lines of mills in months."""
    for (mill, month), code, (country, province) in product(cells, _CODES, _MARKETS):
        yield order(
            统一社会信用代码=mill,
            订单号=f"{prefix}{month}{code}{country}",
            订单日期=f"{month}-10",
            发货日期="",
            客户编码=f"{mill[-4:]}{country}",
            国家地区=country,
            省份=province,
            商品编码=code,
            数量=str(amount // 20),
            单价="20",
            金额=str(amount),
            更新时间=f"{month}-10 10:30:00",
        )


def delivered() -> list[Row]:
    """All order lines that were not late."""
    return list(orders(cell for cell in product(MILLS, MONTHS) if cell != LATE))


def declared() -> list[Row]:
    """Declaration items of what goes abroad."""
    return [
        item(
            报关单号=f"3101{number:014}",
            出口日期=f"{month}-10",
            境内发货人=mill,
            商品编码=code,
            最终目的国=country,
            法定第一数量="150000",
            法定第一单位="030",
            成交总价="430000",
            统计美元价="430000",
            统计人民币价="3000000",
            更新时间=f"{month}-11 08:00:00",
        )
        for number, (mill, month, code, country) in enumerate(
            product(MILLS, MONTHS, _CODES, ("越南", "美国")), start=1
        )
    ]


def statistics() -> list[Line]:
    """China's exports of both codes, in all and by partner, a tenth of them from the province."""
    return [
        statistic(
            code,
            f"{month}-01",
            share * (2 if partner == "ALL" else 1),
            partner_code=partner,
            province_code=province,
            quantity_1=share * (2 if partner == "ALL" else 1) // 20,
            unit_1="m",
        )
        for month, code, partner, (province, share) in product(
            MONTHS, _CODES, _PARTNERS, (("33", 100_000_000), ("44", 900_000_000))
        )
    ]
