"""The sales ledger of an ERP, as profiles/erp_sales_ledger.yml reads it.

``python tests/ledger.py FOLDER`` writes one. Every habit of such exports is in it once: titles above a header
of two rows with merged cells, dates as cells, as text and as serial numbers, thousands marks, samples, a
return, a total, notes below, further sheets.
"""

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import xlsxwriter

NAME = "91330781MA0DEN1M4A_2020-09.xlsx"
GROUPS = (
    ("单据类型", ("",)),
    ("单据编号", ("",)),
    ("行号", ("",)),
    ("单据日期", ("",)),
    ("客户", ("编码", "名称")),
    ("国别", ("",)),
    ("收货省份", ("",)),
    ("存货", ("税则号", "名称", "幅宽", "克重")),
    ("数量", ("主数量", "单位")),
    ("无税单价", ("",)),
    ("无税金额", ("",)),
    ("币别", ("",)),
    ("单据状态", ("",)),
    ("审核时间", ("",)),
)
_DENIM = ("52094200", "牛仔布 12盎司", 150, 340)
ROWS: tuple[tuple[Any, ...], ...] = (
    (
        "销售",
        "SO-1",
        1,
        dt.date(2020, 9, 1),
        "0012",
        "广州服装厂",
        "中国",
        "广东",
        *_DENIM,
        1000,
        "米",
        20.5,
        20500,
        "CNY",
        "已审核",
        dt.datetime(2020, 9, 1, 10, 30),
    ),
    (
        "销售",
        "SO-1",
        2,
        44075,
        "0012",
        "广州服装厂",
        "中国",
        "广东",
        *_DENIM,
        "1,200.5",
        "米",
        20,
        "24,010.00",
        "CNY",
        "已审核",
        "01/09/2020 10:30",
    ),
    (
        "样品",
        "SO-2",
        1,
        "02/09/2020",
        "0013",
        "河内贸易",
        "越南",
        "",
        *_DENIM,
        5,
        "米",
        20,
        100,
        "CNY",
        "已审核",
        "02/09/2020 08:00",
    ),
    (
        "销售",
        "SO-3",
        1,
        "03/09/2020",
        "0013",
        "河内贸易",
        "越南",
        "",
        *_DENIM,
        3000,
        "米",
        3,
        9000,
        "USD",
        "已变更",
        "03/09/2020 09:15",
    ),
    (
        "退货",
        "退SO-1",
        2,
        "05/09/2020",
        "0012",
        "广州服装厂",
        "中国",
        "广东",
        *_DENIM,
        -1200.5,
        "米",
        20,
        -24010,
        "CNY",
        "已审核",
        "05/09/2020 16:00",
    ),
)


def write(folder: Path, rows: tuple[tuple[Any, ...], ...] = ROWS) -> Path:
    """The ledger as a workbook in ``folder``."""
    path = folder / NAME
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet("订单明细")
        width = sum(len(names) for _, names in GROUPS)
        sheet.merge_range(0, 0, 0, width - 1, "销售订单明细表")
        sheet.write(1, 0, "期间：2020-09-01 至 2020-09-30")
        column = 0
        for title, names in GROUPS:
            if len(names) > 1:
                sheet.merge_range(2, column, 2, column + len(names) - 1, title)
                sheet.write_row(3, column, names)
            else:
                sheet.merge_range(2, column, 3, column, title)
            column += len(names)
        for at, row in enumerate(rows, 4):
            for column, value in enumerate(row):
                if isinstance(value, dt.datetime):
                    sheet.write_datetime(at, column, value, moment)
                elif isinstance(value, dt.date):
                    sheet.write_datetime(at, column, dt.datetime.combine(value, dt.time()), day)
                elif isinstance(value, str):
                    sheet.write_string(at, column, value)
                else:
                    sheet.write_number(at, column, value)
        sheet.write_row(4 + len(rows), 0, ["合计", "", "", "", "", "", "", "", "", "", "", "", 4000])
        sheet.write(5 + len(rows), 0, "制表人：某某")
        book.add_worksheet("填表说明").write(0, 0, "数量按米填写")
        codes = book.add_worksheet("码表")
        codes.write_row(0, 0, ["单据状态", "说明"])
        codes.hide()
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
