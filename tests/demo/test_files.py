"""The files have the sources' real formats, need no profile, and are reproducible."""

import hashlib
import zipfile
from pathlib import Path

import polars as pl
import pytest
import yaml
from stdnum.cn import uscc

from include.demo.synthetic import generate
from include.errors import SetupError

from .conftest import ENTERPRISES, MONTHS, Generated


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / name, months=3, enterprises=15, seed=seed, scale=0.2)
    first, again, other = (_digests(tmp_path / name) for name in "abc")
    assert first == again
    assert any(name.endswith(".xlsx") for name in first)
    assert first != other


def test_no_value_is_unreadable(orders: pl.DataFrame, items: pl.DataFrame, statistics: pl.DataFrame) -> None:
    for rows in (orders, items, statistics):
        assert rows["_findings"].null_count() == rows.height


def test_result_counts_what_was_written(
    generated: Generated, orders: pl.DataFrame, items: pl.DataFrame, statistics: pl.DataFrame
) -> None:
    files = [path for path in generated.folder.rglob("*") if path.is_file()]
    result = generated.result
    assert result.files == len(files)
    assert result.bytes == sum(path.stat().st_size for path in files)
    assert result.order_lines == orders.height
    assert result.declaration_items == items.height
    assert result.statistics_rows == statistics.height


def test_every_dialect_is_delivered(generated: Generated) -> None:
    starts = [path.read_bytes() for path in (generated.folder / "enterprise_orders").iterdir()]
    assert any(content.startswith(b"PK") for content in starts)
    assert any(content.startswith("\ufeff统一社会信用代码".encode()) for content in starts)
    assert any(content.startswith("订单号".encode("gb18030")) for content in starts)
    assert any(content.startswith(b"Enterprise USCC") for content in starts)


def test_workbooks_are_whole(generated: Generated) -> None:
    for path in (generated.folder / "enterprise_orders").glob("*.xlsx"):
        with zipfile.ZipFile(path) as book:
            assert book.testzip() is None


def test_daily_mills_deliver_the_last_days_one_by_one(generated: Generated) -> None:
    names = [path.stem for path in (generated.folder / "enterprise_orders").iterdir()]
    assert any(name.endswith("2020-09-29") for name in names)
    assert any(name.endswith("2020-08") for name in names)
    assert any(name.endswith("2019-2020") for name in names)  # five months of 2019 go with 2020


def test_statistics_look_like_the_portals_downloads(generated: Generated) -> None:
    downloads = sorted((generated.folder / "customs_statistics").glob("*.csv"))
    assert len(downloads) == MONTHS
    for path in downloads:
        lines = path.read_bytes().decode("gb18030").split("\n")
        assert lines.pop() == ""
        assert all(line.startswith('"') and line.endswith('",') for line in lines)
        assert len(lines) < 8_000
        manifest = yaml.safe_load(path.with_name(f"{path.name}.yml").read_text())
        assert manifest["flow"] == "export"
        assert ("数据年月" in lines[0]) != ("month" in manifest)
    assert any('"0","?","' in line for line in lines)
    assert any(line.count(",") > lines[0].count(",") for line in lines)  # thousands commas


def test_codes_of_mills_are_valid_and_of_the_city(orders: pl.DataFrame) -> None:
    codes = orders["enterprise_uscc"].unique()
    assert len(codes) == ENTERPRISES
    assert all(uscc.is_valid(code) and code.startswith("91330781") for code in codes)


def test_declaration_numbers_have_18_digits(items: pl.DataFrame) -> None:
    assert items["declaration_no"].str.contains(r"^\d{18}$").all()


def test_no_file_carries_a_key_twice(orders: pl.DataFrame, items: pl.DataFrame) -> None:
    assert not orders.select("file", "enterprise_uscc", "order_no", "line_no").is_duplicated().any()
    assert not items.select("file", "declaration_no", "item_no").is_duplicated().any()


@pytest.mark.parametrize(
    "arguments", [{"months": 0}, {"enterprises": 9}, {"scale": 0}, {"seed": -1}], ids=lambda a: next(iter(a))
)
def test_impossible_arguments_are_refused(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(SetupError):
        generate(tmp_path, **arguments)
    assert not list(tmp_path.iterdir())
