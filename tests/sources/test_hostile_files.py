"""Files on which a library fails with an unexpected error: each is refused, the others are loaded."""

import errno
import json
import lzma
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
import xlsxwriter
from samples import csv_text, load, one, order, orders, query, write

from include.errors import SetupError, UnreadableFileError
from include.load import batch, file_guard, profile_check
from include.load.load_log import FileResult
from include.settings import Settings
from include.sources.plain_text import cleaned
from include.sources.profile import canonical

SOURCE = "enterprise_orders"


def _zip(path: Path, method: int = zipfile.ZIP_DEFLATED, name: str = "a.csv") -> bytes:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, csv_text(orders(60)))
    return path.read_bytes()


def bad_lzma_member(path: Path) -> None:
    whole = bytearray(_zip(path, zipfile.ZIP_LZMA))
    whole[120:130] = b"\xff" * 10
    path.write_bytes(whole)


def name_that_is_no_utf8(path: Path) -> None:
    path.write_bytes(_zip(path, name="布.csv").replace("布".encode(), b"\xff\xff\xff"))


def strange_cell_reference(path: Path) -> None:
    """The workbook reader computes the size of the sheet from the reference, and panics."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, cells in enumerate([list(order()), *(list(row.values()) for row in orders(3))]):
            sheet.write_row(at, 0, cells)
        sheet.write(9, 0, 1)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(b'"A10"', b'"ZZZZZZZZZZ99999999999999999999"')
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def _with_manifest(text: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        write(path, orders(3))
        path.with_name(f"{path.name}.yml").write_text(text, encoding="utf-8")

    return make


NESTED = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n"
    for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "bad_lzma_member.zip": (bad_lzma_member, "archive_damaged"),
    "bad_lzma_member.xlsx": (bad_lzma_member, "workbook_damaged"),
    "name_that_is_no_utf8.zip": (name_that_is_no_utf8, "archive_damaged"),
    "strange_cell_reference.xlsx": (strange_cell_reference, "file_breaks_reader"),
    "surrogate.csv": (_with_manifest('product_name: "\\ud800"\n'), "manifest_wrong"),
    "nul_key.csv": (_with_manifest('"a\\0b": x\n'), "manifest_wrong"),
    "nul_value.csv": (_with_manifest('product_name: "a\\0b"\n'), "manifest_wrong"),
    "unknown_surrogate.csv": (_with_manifest('"\\udfff": x\n'), "manifest_wrong"),
    "nested.csv": (_with_manifest(NESTED), "manifest_wrong"),
    "nested_list.csv": (_with_manifest(NESTED + "filtered_by: *i\n"), "manifest_wrong"),
    "deep.csv": (_with_manifest("a: " + "[" * 5_000), "file_breaks_reader"),
    "x" * 250 + "/a.csv": (lambda path: void(write(path, orders(3))), "profile_wrong"),
    os.fsdecode(b"mill-\xff\x01") + "/a.csv": (lambda path: void(write(path, orders(3))), "profile_wrong"),
}


def void(_: object) -> None:
    """Discard a result, as a maker returns nothing."""


@pytest.fixture(scope="module")
def outcome(module_warehouse: Settings) -> Iterator[dict[str, FileResult]]:
    """Every hostile file in one call, a good one before and one after them."""
    folder = module_warehouse.landing_dir / SOURCE
    paths = [write(folder / "first.csv", orders(6, 订单号="FIRST"))]
    for name, (make, _) in HOSTILE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        make(folder / name)
        paths.append(folder / name)
    paths.append(write(folder / "last.csv", orders(6, 订单号="LAST")))
    first, *results, last = load(module_warehouse, SOURCE, *paths)
    assert [(r.status, r.accepted) for r in (first, last)] == [("accepted", 6)] * 2
    yield dict(zip(HOSTILE, results, strict=True))
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[-30:]))
def test_a_hostile_file_is_refused_by_name(
    name: str, outcome: dict[str, FileResult], module_warehouse: Settings
) -> None:
    result = outcome[name]
    assert (result.status, result.failed_rules) == ("refused", [HOSTILE[name][1]]), result.message
    if "/" not in name:
        assert name in result.message
    assert result.message.isprintable()
    assert len(result.message) < 1000
    recorded = "select message, profile from ops.load where load_id = %s"
    ((message, profile),) = query(module_warehouse, recorded, result.load_id)
    assert message == result.message
    assert profile is None or profile.isprintable()
    json.dumps([result.message, result.file], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RecursionError("too deep"),
        lzma.LZMAError("Corrupt input data"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        OSError(errno.EACCES, "Permission denied", "/somewhere/a.csv"),
        psycopg.DataError("no NUL"),
        KeyError("\0\ud800" * 5_000),
        pl.exceptions.PanicException("index out of bounds"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_with_one_file_becomes_its_refusal(error: BaseException) -> None:
    with (
        pytest.raises(UnreadableFileError, match=r"^a\.csv: cannot be read: ") as raised,
        file_guard.of_file("a.csv"),
    ):
        raise error
    assert cleaned(str(raised.value)) == str(raised.value)
    assert len(str(raised.value)) < 1000


class TaskTerminated(BaseException):
    """As Airflow ends a task."""


@pytest.mark.parametrize(
    "error",
    [
        *(KeyboardInterrupt(), SystemExit(1), GeneratorExit(), TaskTerminated()),
        *(
            psycopg.OperationalError("server closed the connection"),
            psycopg.ProgrammingError("no such table"),
        ),
        SetupError("no password"),
        *(OSError(n, os.strerror(n), "/somewhere/a.csv") for n in (errno.ENOSPC, errno.EIO, errno.EROFS)),
        OSError(errno.ENOMEM, "Cannot allocate memory", "/somewhere/a.csv"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_the_file_did_not_cause_is_no_refusal(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, file_guard.of_file("a.csv"):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("refused", [False, True], ids=["of an accepted file", "of a refused file"])
def test_rejected_rows_that_cannot_be_read_again_stop_no_other_file(
    warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    records = batch.read.records

    def failing(file: Any, lines: pl.Series) -> Any:
        if file.path.name == "bad.csv":
            raise MemoryError
        return records(file, lines)

    monkeypatch.setattr(batch.read, "records", failing)
    rows = {name: [*orders(9, 订单号=name), order(订单号=name, 行号="0")] for name in ("a", "bad", "c")}
    if refused:
        rows["bad"] = orders(3, 数量="x")
    results = load(warehouse, SOURCE, *(write(tmp_path / f"{n}.csv", r) for n, r in rows.items()))
    assert [(r.status, r.accepted, r.quarantined) for r in results] == [
        ("accepted", 9, 1),
        ("refused", 0, 0),
        ("accepted", 9, 1),
    ]
    assert "bad.csv: cannot be read: MemoryError" in results[1].message
    assert ("rejected_share_within_tolerance" in results[1].failed_rules) == refused
    assert one(warehouse, "select count(*) from ops.quarantine") == 2
    assert one(warehouse, "select count(*) from raw.enterprise_orders") == 18


def test_a_profile_is_tried_on_a_hostile_file_without_a_traceback(
    warehouse: Settings, tmp_path: Path
) -> None:
    strange_cell_reference(tmp_path / "a.xlsx")
    found = profile_check.check(warehouse, canonical(SOURCE), tmp_path / "a.xlsx")
    assert found.result.failed_rules == ["file_breaks_reader"]
