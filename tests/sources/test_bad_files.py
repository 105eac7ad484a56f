"""Each bad file is refused with its name and archived with its reason; the others are loaded."""

import gzip
import io
import os
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from samples import csv_text, load, one, order, orders, query, warehouse_state, write

from include.errors import ContractError
from include.load import drop_folder
from include.load.load_log import FileResult
from include.settings import Settings
from include.sources.plain_text import display_name

SOURCE = "enterprise_orders"
_TEXT = csv_text(orders(6))


def _zip_bomb() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/workbook.xml", "w") as entry,
    ):
        for _ in range(100):
            entry.write(bytes(1024**2))
    return out.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _without(column: str) -> str:
    return csv_text(orders(6), [name for name in order() if name != column])


# File name -> content, rule of the refusal, text of the message beside the file's name.
BAD: dict[str, tuple[bytes, str, str]] = {
    "empty.csv": (b"", "file_empty", "empty"),
    "blank.csv": (b"\n \r\n\t\n", "file_empty", "empty"),
    "blank_xlsx.xlsx": (b"", "file_empty", "empty"),
    "bom_only.csv": (b"\xef\xbb\xbf", "file_empty", "no line"),
    "header_only.csv": (_TEXT.splitlines()[0].encode(), "file_has_rows", "只有表头"),
    "missing_column.csv": (
        _without("国家地区").encode(),
        "column_missing",
        "country (one of: 国家地区, Country)",
    ),
    "two_columns.csv": (_TEXT.replace("品名", "数量").encode(), "header_ambiguous", "数量"),
    "wrong_encoding.csv": (
        _TEXT.replace("牛仔布", "§").encode("utf-8")[:-9] + b"\xff\xfe\xff\n",
        "encoding_unknown",
        "line",
    ),
    "mixed_encoding.csv": (
        _TEXT.encode() + csv_text([order(行号="7")]).partition("\n")[2].encode("gb18030"),
        "encoding_unknown",
        "line 8",
    ),
    "half_utf16.csv": (_TEXT.encode("utf-16")[:-1], "encoding_unknown", "line 7"),
    "login.csv": (b"\r\n<!DOCTYPE html><html><body>Please log in</body></html>", "file_is_html", "web page"),
    "sheet.csv": (b"<?xml version='1.0'?><Workbook/>", "file_is_html", "not a table"),
    "old_excel.xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "workbook_damaged", "deliver it again"),
    "truncated.xlsx": (_zip_bomb()[:2000], "workbook_damaged", "deliver it again"),
    "bomb.xlsx": (_zip_bomb(), "workbook_too_large", "unpacks to"),
    "half.csv.gz": (gzip.compress(_TEXT.encode(), mtime=0)[:-9], "archive_damaged", "deliver it again"),
    "half.zip": (_zip({"a.csv": _TEXT.encode()})[:-30], "archive_damaged", "deliver it again"),
    "zip_in_zip.zip": (_zip({"b.zip": _zip({"a.csv": _TEXT.encode()})}), "kind_unknown", "archive within"),
    "empty.zip": (_zip({}), "file_empty", "no file in it"),
    "bomb.csv.gz": (gzip.compress(bytes(200 * 1024**2), mtime=0), "archive_too_large", "unpacks to"),
    "archive.7z": (b"7z\xbc\xaf\x27\x1c", "kind_unknown", "7z"),
    "report.csv": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "kind_unknown", "PDF"),
    "binary.csv": (bytes(range(256)) * 8, "encoding_unknown", "line 2"),
    "open_quote.csv": (_TEXT.replace("牛仔布", '"牛仔布', 1).encode(), "quote_unbalanced", "line 2"),
    "old_mac.csv": (_TEXT.replace("\n", "\r").encode(), "header_unreadable", "line ends"),
    "prose.csv": ("尊敬的领导：\n附件请查收。\n".encode(), "column_missing", "enterprise_uscc"),
    "all_wrong.csv": (
        _TEXT.replace("1000,米", "很多,米").encode(),
        "rejected_share_within_tolerance",
        "quantity_readable: 6 rows",
    ),
}
UNKNOWN_COLUMN = "unknown_column.csv"


class Outcome(NamedTuple):
    settings: Settings
    results: dict[str, FileResult]
    before: dict[str, list[str]]


@pytest.fixture(scope="module")
def outcome(module_warehouse: Settings) -> Outcome:
    """Every bad file in one call, a good one before and one after them."""
    settings = module_warehouse
    folder = settings.landing_dir / SOURCE
    load(settings, SOURCE, write(folder / "yesterday.csv", orders(3, 订单号="YESTERDAY")))
    before = warehouse_state(settings)
    paths = [write(folder / "first.csv", orders(6, 订单号="FIRST"))]
    for name, (content, _, _) in BAD.items():
        (folder / name).write_bytes(content)
        paths.append(folder / name)
    paths.append(
        write(folder / UNKNOWN_COLUMN, [row | {"备注": "加急"} for row in orders(6, 订单号="UNKNOWN")])
    )
    paths.append(write(folder / "last.csv", orders(6, 订单号="LAST")))
    results = load(settings, SOURCE, *paths)
    assert [result.file for result in results] == [path.name for path in paths]
    return Outcome(settings, {result.file: result for result in results}, before)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_name_and_reason(name: str, outcome: Outcome) -> None:
    _, rule, text = BAD[name]
    result = outcome.results[name]
    assert (result.status, result.failed_rules[0]) == ("refused", rule), result.message
    assert name in result.message
    assert text in result.message
    assert (result.accepted, result.unchanged, result.quarantined) == (0, 0, 0)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_archived_with_its_reason(name: str, outcome: Outcome) -> None:
    settings, result = outcome.settings, outcome.results[name]
    (row,) = query(
        settings,
        "select status, message, failed_rules, kept_path, finished_at is not null from ops.load"
        " where load_id = %s",
        result.load_id,
    )
    assert row[:3] == ("refused", result.message, result.failed_rules)
    assert row[4]
    archived = settings.home / row[3]
    assert archived.read_bytes() == BAD[name][0]
    assert (
        archived.with_name(f"{archived.name}.reason.txt").read_text(encoding="utf-8") == f"{result.message}\n"
    )
    assert not (settings.landing_dir / SOURCE / name).exists()


def test_the_good_files_around_them_are_loaded(outcome: Outcome) -> None:
    for name in ("first.csv", UNKNOWN_COLUMN, "last.csv"):
        assert (outcome.results[name].status, outcome.results[name].accepted) == ("accepted", 6)


def test_nothing_of_the_bad_files_is_in_the_warehouse(outcome: Outcome) -> None:
    settings = outcome.settings
    assert query(settings, "select order_no, count(*) from raw.enterprise_orders group by 1 order by 1") == [
        ("FIRST", 6),
        ("LAST", 6),
        ("UNKNOWN", 6),
        ("YESTERDAY", 3),
    ]
    after = warehouse_state(settings)
    assert set(outcome.before["raw.enterprise_orders"]) < set(after["raw.enterprise_orders"])
    assert after["ops.quarantine"] == outcome.before["ops.quarantine"] == []
    assert query(settings, "select relname from pg_class where relnamespace = 'load'::regnamespace") == []


def test_an_unknown_column_is_reported_and_stored(outcome: Outcome) -> None:
    load_id = outcome.results[UNKNOWN_COLUMN].load_id
    assert one(outcome.settings, "select unknown_columns from ops.load where load_id = %s", load_id) == [
        "备注"
    ]
    extra = "select distinct _extra from raw.enterprise_orders where _load_id = %s"
    assert one(outcome.settings, extra, load_id) == {"备注": "加急"}


def test_a_refused_file_that_is_delivered_again_is_validated_again(outcome: Outcome) -> None:
    folder = outcome.settings.landing_dir / SOURCE
    for _ in range(2):
        (folder / "half.zip").write_bytes(BAD["half.zip"][0])
        (result,) = load(outcome.settings, SOURCE, folder / "half.zip")
        assert result.status == "refused"


NAMES = [
    "with space.csv",
    'it\'s "quoted".csv',
    "$(touch pwned);`id`&|.csv",
    "订单 九月（第2版）.csv",
    "new\nline\tand\x7fmore.csv",
    "%s%d{0}.csv",
    "-rf.csv",
    "~.csv",
    "C:\\temp\\a.csv",
    "x" * 251 + ".csv",
    "布" * 83 + "ab.csv",
    b"latin-\xe9\xff.csv",
    "no_extension",
]


def test_a_file_may_have_any_name(warehouse: Settings, tmp_path: Path) -> None:
    folder = warehouse.landing_dir / SOURCE
    folder.mkdir(parents=True)
    paths = []
    for number, name in enumerate(NAMES):
        path = folder / os.fsdecode(name)
        path.write_text(csv_text(orders(6, 订单号=str(number))), encoding="utf-8")
        paths.append(path)
    bad = folder / os.fsdecode(b"bad\n\xff.csv")
    bad.write_bytes(b"\x1f\x8b")
    assert set(drop_folder.find(warehouse.landing_dir, SOURCE)) == {*paths, bad}
    *results, refused = load(warehouse, SOURCE, *paths, bad)
    assert [(r.status, r.accepted) for r in results] == [("accepted", 6)] * len(NAMES)
    assert refused.message.startswith("bad??.csv: ")
    assert drop_folder.find(warehouse.landing_dir, SOURCE) == []
    archived = query(warehouse, "select kept_path, file_name, sha256 from ops.load")
    archive = warehouse.home / "archive" / SOURCE
    for path, name, sha256 in archived:
        assert (warehouse.home / path).is_file()
        assert (warehouse.home / path).resolve().is_relative_to(archive)
        assert sha256[:12] in path
        assert name.isprintable()
    assert not (Path.cwd() / "pwned").exists()


def test_a_path_may_lead_out_of_the_drop_folder_and_its_file_is_not_removed(
    warehouse: Settings, tmp_path: Path
) -> None:
    outside = write(tmp_path / "outside" / "a.csv", orders(6))
    (warehouse.landing_dir / SOURCE).mkdir(parents=True)
    path = warehouse.landing_dir / SOURCE / Path(os.path.relpath(outside, warehouse.landing_dir / SOURCE))
    assert ".." in str(path)
    (result,) = load(warehouse, SOURCE, path)
    assert (result.status, result.file) == ("accepted", "a.csv")
    assert outside.exists()


def test_a_relative_path_into_the_drop_folder_is_in_the_drop_folder(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(warehouse.landing_dir / SOURCE / "a.csv", orders(6))
    monkeypatch.chdir(path.parent)
    (result,) = load(warehouse, SOURCE, Path("a.csv"))
    assert result.status == "accepted"
    assert not path.exists()


def _missing(folder: Path) -> Path:
    return folder / "nobody.csv"


def _directory(folder: Path) -> Path:
    (folder / "directory.csv").mkdir()
    return folder / "directory.csv"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def _dangling(folder: Path) -> Path:
    (folder / "dangling.csv").symlink_to(folder / "nobody.csv")
    return folder / "dangling.csv"


def _leading_out(folder: Path) -> Path:
    secret = write(folder.parent.parent / "secret.csv", orders(6))
    (folder / "out.csv").symlink_to(secret)
    return folder / "out.csv"


def _through_a_file(folder: Path) -> Path:
    return write(folder / "plain.csv", orders(6, 订单号="PLAIN")) / "a.csv"


def _too_long(folder: Path) -> Path:
    return folder / ("x" * 300 + ".csv")


@pytest.mark.parametrize("make", [_missing, _through_a_file, _too_long], ids=lambda f: f.__name__)
def test_a_file_that_was_removed_before_its_load_is_reported_and_not_recorded(
    make: Callable[[Path], Path], warehouse: Settings
) -> None:
    folder = warehouse.landing_dir / SOURCE
    folder.mkdir(parents=True)
    path = make(folder)
    removed, good = load(warehouse, SOURCE, path, write(folder / "b.csv", orders(6)))
    assert (removed.load_id, removed.status, removed.failed_rules) == (None, "refused", ["file_gone"])
    assert (display_name(path.name) in removed.message, good.status) == (True, "accepted")
    assert one(warehouse, "select count(*) from ops.load") == 1


@pytest.mark.parametrize("make", [_directory, _pipe, _dangling, _leading_out], ids=lambda f: f.__name__)
def test_a_path_that_is_no_regular_file_is_refused(make: Callable[[Path], Path], warehouse: Settings) -> None:
    folder = warehouse.landing_dir / SOURCE
    folder.mkdir(parents=True)
    path = make(folder)
    (result,) = load(warehouse, SOURCE, path)
    assert (result.status, result.failed_rules, result.sha256) == ("refused", ["file_unreadable"], "")
    assert path.name in result.message
    assert drop_folder.exists(path)
    assert one(warehouse, "select count(*) from raw.enterprise_orders") == 0
    assert (folder.parent.parent / "secret.csv").exists() == (make is _leading_out)


def test_a_link_within_the_drop_folder_is_read_and_its_content_archived(warehouse: Settings) -> None:
    target = write(warehouse.landing_dir / "store" / "a.csv", orders(6))
    link = warehouse.landing_dir / SOURCE / "link.csv"
    link.parent.mkdir()
    link.symlink_to(target)
    (result,) = load(warehouse, SOURCE, link)
    assert result.status == "accepted"
    archived = warehouse.home / one(warehouse, "select kept_path from ops.load")
    assert (archived.is_symlink(), archived.read_bytes()) == (False, target.read_bytes())
    assert not link.is_symlink()


def test_a_line_of_200_megabytes_is_refused_quickly_and_in_little_memory(warehouse: Settings) -> None:
    path = warehouse.landing_dir / SOURCE / "long.csv"
    write(path, orders(1))
    os.truncate(path, 200 * 1024**2)  # a sparse file: one line of NUL bytes
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    (result,) = load(warehouse, SOURCE, path)
    assert time.monotonic() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 150_000  # kB
    assert (result.status, result.failed_rules) == ("refused", ["line_too_long"])
    assert "long.csv: line 3 is longer than" in result.message


def test_a_file_that_is_still_written_is_left_for_the_next_run(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from include.warehouse import load_table

    path = write(warehouse.landing_dir / SOURCE / "a.csv", orders(6))
    copy = load_table.copy_blocks

    def copy_and_append(*given: Any) -> int:
        count = copy(*given)
        with path.open("a", encoding="utf-8") as file:
            file.write(csv_text([order(行号="7")]).splitlines()[1])
        return count

    monkeypatch.setattr(load_table, "copy_blocks", copy_and_append)
    (result,) = load(warehouse, SOURCE, path)
    assert (result.status, result.failed_rules) == ("refused", ["file_still_written"])
    assert path.exists()
    monkeypatch.undo()
    (result,) = load(warehouse, SOURCE, path)
    assert (result.status, result.rows_in) == ("accepted", 7)


def test_an_unknown_source_or_profile_is_the_callers_mistake_and_loads_no_file(warehouse: Settings) -> None:
    path = write(warehouse.landing_dir / SOURCE / "a.csv", orders(6))
    for source, profile in (("orders", None), (SOURCE, "nobody"), (SOURCE, "gacc_exports")):
        with pytest.raises(ContractError):
            load(warehouse, source, path, profile=profile)
    assert path.exists()
    assert one(warehouse, "select count(*) from ops.load") == 0


def test_a_manifest_is_no_delivery(warehouse: Settings) -> None:
    folder = warehouse.landing_dir / SOURCE
    path = write(folder / "a.csv", orders(6))
    for name in ("a.csv.yml", "b.csv.yml"):
        (folder / name).write_text("product_name: 牛仔布\n", encoding="utf-8")
    assert drop_folder.find(warehouse.landing_dir, SOURCE) == [path]
    results = load(warehouse, SOURCE, path, folder / "a.csv.yml")
    assert [result.status for result in results] == ["accepted"]
    assert sorted(p.name for p in folder.iterdir()) == ["b.csv.yml"]


def test_waiting_files_are_found_oldest_first_and_unfinished_ones_are_ignored(warehouse: Settings) -> None:
    folder = warehouse.landing_dir / SOURCE
    for age, name in enumerate(["c.csv", "merchant_retail/b.csv", "a.csv"]):
        path = write(folder / name, orders(1))
        os.utime(path, (10**9 + age, 10**9 + age))
    for name in (".hidden.csv", ".hidden/a.csv", "d.csv.part", "e.tmp", "f.CRDOWNLOAD", "g.filepart"):
        write(folder / name, orders(1))
    found = drop_folder.find(warehouse.landing_dir, SOURCE)
    assert [str(path.relative_to(folder)) for path in found] == ["c.csv", "merchant_retail/b.csv", "a.csv"]
    assert [drop_folder.profile_of(path, warehouse.landing_dir, SOURCE) for path in found] == [
        None,
        "merchant_retail",
        None,
    ]
