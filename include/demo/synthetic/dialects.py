"""The order files of the mills' ERP systems: headers, column order, encoding, words, date notation."""

from typing import NamedTuple

_ZH = {
    "enterprise_uscc": "统一社会信用代码",
    "order_no": "订单号",
    "line_no": "行号",
    "order_date": "订单日期",
    "ship_date": "发货日期",
    "customer_code": "客户编码",
    "customer_name": "客户名称",
    "country": "国家地区",
    "province": "省份",
    "hs_code": "商品编码",
    "product_name": "品名",
    "quantity": "数量",
    "unit": "单位",
    "unit_price": "单价",
    "amount": "金额",
    "currency": "币种",
    "incoterm": "贸易术语",
    "fabric_width_cm": "门幅",
    "fabric_gsm": "克重",
    "status": "状态",
    "updated_at": "更新时间",
}
_EN = {
    "enterprise_uscc": "Enterprise USCC",
    "order_no": "Order No",
    "line_no": "Line No",
    "order_date": "Order Date",
    "ship_date": "Ship Date",
    "customer_code": "Customer Code",
    "customer_name": "Customer Name",
    "country": "Country",
    "province": "Province",
    "hs_code": "HS Code",
    "product_name": "Product Name",
    "quantity": "Quantity",
    "unit": "Unit",
    "unit_price": "Unit Price",
    "amount": "Amount",
    "currency": "Currency",
    "incoterm": "Incoterm",
    "fabric_width_cm": "Fabric Width",
    "fabric_gsm": "Fabric Weight",
    "status": "Status",
    "updated_at": "Updated At",
}
# One ERP has the columns of goods first and the mill's last.
_GOODS_FIRST = (
    *("order_no", "line_no", "status", "hs_code", "product_name", "fabric_width_cm", "fabric_gsm"),
    *("quantity", "unit", "unit_price", "currency", "amount", "customer_name", "customer_code"),
    *("country", "province", "incoterm", "order_date", "ship_date", "updated_at", "enterprise_uscc"),
)


class Dialect(NamedTuple):
    """One ERP's notation; ``country``, ``province`` and ``unit`` name a column of that seed."""

    number: int
    headers: dict[str, str]
    encoding: str
    file_name: str
    suffix: str = "csv"
    bom: bool = False
    newline: str = "\n"
    date_format: str = "%Y-%m-%d"
    country: str = "name_zh"
    province: str = "name_zh"
    unit: str = "name_zh"
    product_name: str = "name_zh"
    status: tuple[str, str, str] = ("正常", "变更", "取消")
    hs_suffix: str = ""


EN_UTF8 = Dialect(
    0,
    _EN,
    "utf-8",
    "orders_{uscc}_{period}",
    country="country_code",
    province="province_code",
    unit="name_en",
    product_name="name_en",
    status=("new", "amended", "cancelled"),
    hs_suffix="00",  # this ERP keeps the ten-digit code of the export declaration
)
ZH_BOM = Dialect(1, _ZH, "utf-8", "{name}_订单_{period}", bom=True, newline="\r\n")
ZH_GB18030 = Dialect(
    2,
    {column: _ZH[column] for column in _GOODS_FIRST},
    "gb18030",
    "{uscc}_{period}",
    newline="\r\n",
    date_format="%Y/%m/%d",
    country="customs_code",
)
XLSX = Dialect(3, _ZH, "utf-8", "{name}销售订单{period}", suffix="xlsx")
DIALECTS = (EN_UTF8, ZH_BOM, ZH_GB18030, XLSX)
