"""Bytes to rows: encodings, quotes, line breaks, blank and ragged lines, and correct line numbers."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import cell, csv_text, order, orders, raw_lines, write, write_download

from include.errors import UnreadableFileError
from include.sources import encodings
from include.sources.profile import Profile

ReadTable = Callable[..., Any]
_quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_found(encoding: str, read_table: ReadTable, tmp_path: Path) -> None:
    rows = [order(行号="1", 品名="靛蓝牛仔布 ①"), order(行号="2", 品名="一般贸易")]
    table = read_table(write(tmp_path / "a.csv", rows, encoding))
    assert [row["product_name"] for row in table.rows] == ["靛蓝牛仔布 ①", "一般贸易"]


def test_rare_characters_of_gb18030_are_read(read_table: ReadTable, tmp_path: Path) -> None:
    name = "喆㬎𠮷€"  # two and four bytes
    table = read_table(write(tmp_path / "a.csv", [order(客户名称=name)], "gb18030"))
    assert table.rows[0]["customer_name"] == name


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BLOCK_BYTES", 4096)


@pytest.mark.usefixtures("small_blocks")
def test_a_file_may_be_ascii_first_and_gb18030_later(read_table: ReadTable, tmp_path: Path) -> None:
    english = {
        "Commodity code": "52094200",
        "Commodity": "denim",
        "Renminbi Yuan": "1",
        "Date of data": "202009",
    }
    rows = [english] * 500 + [english | {"Commodity": "劳动布"}] * 2
    path = write(tmp_path / "a.csv", rows, "gb18030")
    path.with_name("a.csv.yml").write_text("flow: export", encoding="utf-8")
    table = read_table(path, "customs_statistics")
    assert [row["product_name"] for row in table.rows][-3:] == ["denim", "劳动布", "劳动布"]
    assert [row["_line_no"] for row in table.rows] == list(range(2, 504))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("first", "then"), [("utf-8", "gb18030"), ("gb18030", "utf-8")], ids=["utf-8 first", "gb18030 first"]
)
@pytest.mark.parametrize("before", [3, 300], ids=["in one block", "blocks apart"])
def test_two_encodings_in_one_file_are_refused_with_the_line(
    first: str, then: str, before: int, read_table: ReadTable, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    # Chinese words of an even number of characters: in UTF-8 they can also be read as GB18030.
    other = csv_text([order(客户名称="越南纺织", 品名="牛仔", 单位="m")]).encode(then)
    path.write_bytes(csv_text(orders(before)).encode(first) + other.partition(b"\n")[2])
    with pytest.raises(UnreadableFileError, match=rf"a\.csv: line {before + 2}\b") as caught:
        read_table(path)
    assert caught.value.rule == "encoding_unknown"


def test_a_broken_character_in_a_utf_8_file_is_not_read_as_gb18030(
    read_table: ReadTable, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    lines = csv_text(orders(6)).encode().splitlines(keepends=True)
    lines[4] = lines[4].replace("牛仔布".encode(), "牛仔布".encode()[:-1])
    path.write_bytes(b"".join(lines))
    with pytest.raises(UnreadableFileError, match=r"line 5\b"):
        read_table(path)


def test_a_profile_may_name_the_encoding(read_table: ReadTable, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [order(客户名称="臺北")], "gb18030")
    profile = Profile(source="enterprise_orders", encoding="gb18030")
    assert read_table(path, profile=profile).rows[0]["customer_name"] == "臺北"
    with pytest.raises(UnreadableFileError) as caught:
        read_table(path, profile=Profile(source="enterprise_orders", encoding="utf-8"))
    assert caught.value.rule == "encoding_unknown"


@pytest.mark.parametrize("blocks", ["one", "many"])
def test_utf_16_is_known_by_its_first_bytes(
    blocks: str, read_table: ReadTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blocks == "many":
        monkeypatch.setattr(encodings, "BLOCK_BYTES", 1001)
    rows = read_table(write(tmp_path / "a.csv", orders(50), "utf-16")).rows
    assert [(row["line_no"], row["_line_no"], row["product_name"]) for row in rows] == [
        (n, n + 1, "牛仔布") for n in range(1, 51)
    ]


def test_half_a_character_of_utf_16_is_refused_with_the_line(read_table: ReadTable, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", orders(5), "utf-16")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnreadableFileError, match=r"line 6\b") as caught:
        read_table(path)
    assert caught.value.rule == "encoding_unknown"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("at_end", [True, False])
def test_line_ends_of_either_kind_also_without_the_last(
    newline: str, at_end: bool, read_table: ReadTable, tmp_path: Path
) -> None:
    text = csv_text(orders(3)).replace("\n", newline)
    (tmp_path / "a.csv").write_bytes((text if at_end else text.rstrip()).encode())
    rows = read_table(tmp_path / "a.csv").rows
    assert [(row["_line_no"], row["line_no"], row["_findings"]) for row in rows] == [
        (2, 1, None),
        (3, 2, None),
        (4, 3, None),
    ]


def test_a_quoted_line_break_belongs_to_its_row(read_table: ReadTable, tmp_path: Path) -> None:
    rows = [
        order(行号="1", 品名='牛仔布\n12盎司,"深蓝"\r\n一等品'),
        order(行号="2"),
        order(行号="3", 客户名称="甲\n\n乙"),
    ]
    path = write(tmp_path / "a.csv", rows)
    read_rows = read_table(path).rows
    assert [(r["line_no"], r["_line_no"]) for r in read_rows] == [(1, 2), (2, 5), (3, 6)]
    assert read_rows[0]["product_name"].replace("\r", "") == '牛仔布\n12盎司,"深蓝"\n一等品'
    assert read_rows[2]["customer_name"] == "甲\n\n乙"


def test_blank_lines_are_no_rows_but_count_as_lines(read_table: ReadTable, tmp_path: Path) -> None:
    header, first, second = csv_text(orders(2)).splitlines()
    (tmp_path / "a.csv").write_text(f"{header}\n\n{first}\n   \n\t\n\r\n{second}\n\n", encoding="utf-8")
    assert [row["_line_no"] for row in read_table(tmp_path / "a.csv").rows] == [3, 7]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda line: line.rsplit(",", 1)[0], "a field short"),
        (lambda line: line + ",more", "a field long"),
        (lambda line: line.replace("1000,", "1,000,"), "an unquoted thousands comma"),
        (lambda line: "#N/A", "one cell"),
        (lambda line: '"合计",,', "a total line"),
    ],
)
def test_a_ragged_line_is_one_row_of_its_own(
    change: Callable[[str], str], why: str, read_table: ReadTable, tmp_path: Path
) -> None:
    lines = csv_text(orders(5)).splitlines()
    lines[3] = change(lines[3])
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = read_table(tmp_path / "a.csv").rows
    assert [row["_line_no"] for row in rows] == [2, 3, 4, 5, 6], why
    assert [row["line_no"] for row in rows] == [1, 2, None, 4, 5]
    assert [row["_findings"] is None for row in rows] == [True, True, False, True, True]
    assert "|fields:row|" in rows[2]["_findings"]


def test_a_short_line_and_a_long_one_are_both_findings(read_table: ReadTable, tmp_path: Path) -> None:
    lines = csv_text(orders(4)).splitlines()
    lines[1], lines[3] = lines[1].rsplit(",", 1)[0], lines[3] + ",x"
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    rows = read_table(tmp_path / "a.csv").rows
    assert [(row["_line_no"], row["_findings"] is None) for row in rows] == [
        (2, False),
        (3, True),
        (4, False),
        (5, True),
    ]


def test_quotes_inside_an_unquoted_cell_change_no_other_row(read_table: ReadTable, tmp_path: Path) -> None:
    lines = csv_text(orders(6)).splitlines()
    lines[2] = lines[2].replace("牛仔布", '布 5" x 3"')
    lines[4] = lines[4].replace("牛仔布", '布 5",3"')
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    rows = read_table(tmp_path / "a.csv").rows
    assert [row["_line_no"] for row in rows] == [2, 3, 4, 5, 6, 7]
    good = [row["line_no"] for row in rows if row["_findings"] is None]
    assert set(good) >= {1, 3, 5, 6}
    assert all(row["quantity"] == 1000 for row in rows if row["_findings"] is None)


@pytest.fixture(params=[6, 3000], ids=["a few rows", "many rows"])
def row_count(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("distance", [1, 2])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_rows_between_two_stray_quotes_are_a_finding(
    distance: int, newline: str, encoding: str, row_count: int, read_table: ReadTable, tmp_path: Path
) -> None:
    lines = csv_text(orders(row_count)).splitlines()
    lines[2] = lines[2].replace("牛仔布", '"牛仔布')
    lines[2 + distance] = lines[2 + distance].replace("牛仔布", '牛仔布"')
    path = tmp_path / "a.csv"
    path.write_bytes(newline.join([*lines, ""]).encode(encoding))
    rows = read_table(path).rows
    assert [row["_line_no"] for row in rows] == [2, 3, *range(4 + distance, row_count + 2)]
    assert [row["_line_no"] for row in rows if row["_findings"]] == [3]
    assert "|fields:row|" in rows[1]["_findings"]
    assert (rows[1]["product_name"], rows[1]["order_no"]) == (None, None)
    assert raw_lines(path, 3) == {3: "\n".join(lines[2 : 3 + distance])}


def test_a_text_of_several_lines_with_some_commas_is_a_text(read_table: ReadTable, tmp_path: Path) -> None:
    columns = len(order())
    text = "甲,乙\n" + "," * (columns - 3) + "丙"
    (whole,) = read_table(write(tmp_path / "a.csv", [order(品名=text)])).rows
    assert (whole["product_name"], whole["_findings"]) == (text, None)
    one_line = text.replace("\n", ",,")
    (whole,) = read_table(write(tmp_path / "b.csv", [order(品名=one_line)])).rows
    assert (whole["product_name"], whole["_findings"]) == (one_line, None)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("cell_text", ["", " ", "\u3000"])
@pytest.mark.parametrize("also_ragged", [False, True])
def test_rows_without_content_are_no_rows(
    quoted: bool, cell_text: str, also_ragged: bool, row_count: int, read_table: ReadTable, tmp_path: Path
) -> None:
    header, *good = csv_text(orders(row_count)).splitlines()
    cells = [f'"{cell_text}"' if quoted else cell_text] * len(order())
    empty = ",".join(cells)
    ends = [empty] * 10 + ([",".join(cells[:-2]), "#N/A"] if also_ragged else [])
    path = tmp_path / "a.csv"
    path.write_text("\n".join([header, good[0], empty, *good[1:], *ends, ""]), encoding="utf-8")
    rows = read_table(path).rows
    wanted = [2, *range(4, row_count + 3)]
    assert [row["_line_no"] for row in rows if not row["_findings"]] == wanted
    assert [row["_line_no"] for row in rows if row["_findings"]] == ([row_count + 14] if also_ragged else [])
    assert raw_lines(path, 2, row_count + 2) == {2: good[0], row_count + 2: good[-1]}


def test_a_row_with_a_single_value_is_a_row(read_table: ReadTable, tmp_path: Path) -> None:
    empty = dict.fromkeys(order(), "")
    path = write(tmp_path / "a.csv", [order(), empty | {"更新时间": "x"}, empty, empty | {"备注": "y"}])
    assert [row["_line_no"] for row in read_table(path).rows] == [2, 3]
    columns = [*order(), "备注"]
    path = write(tmp_path / "b.csv", [order(备注=""), empty | {"备注": "y"}, empty], columns=columns)
    assert [row["_line_no"] for row in read_table(path).rows] == [2, 3]


def test_an_unclosed_quote_is_refused_with_its_line(read_table: ReadTable, tmp_path: Path) -> None:
    lines = csv_text(orders(300)).splitlines()
    lines[150] = lines[150].replace("牛仔布", '"牛仔布')
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"line 151\b") as caught:
        read_table(tmp_path / "a.csv")
    assert caught.value.rule == "quote_unbalanced"


def test_nul_bytes_of_the_portal_are_dropped(read_table: ReadTable, tmp_path: Path) -> None:
    path = write_download(tmp_path / "a.csv", [cell(第二计量单位="\0"), cell()])
    rows = read_table(path, "customs_statistics").rows
    assert [(row["unit_2"], row["quantity_2"], row["_findings"]) for row in rows] == [(None, None, None)] * 2


def test_a_tab_before_each_comma_is_no_content(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(orders(2)).replace(",", "\t,").replace("\n", "\t\n"), encoding="utf-8")
    rows = read_table(path).rows
    assert [(row["_findings"], row["hs_code"], row["unit"]) for row in rows] == [(None, "52094200", "m")] * 2


@pytest.mark.usefixtures("small_blocks")
def test_rows_across_the_borders_of_blocks_are_read(read_table: ReadTable, tmp_path: Path) -> None:
    rows = [order(行号=str(n), 品名=f"第{n}行" + "\n续" * (n % 3)) for n in range(1, 401)]
    read_rows = read_table(write(tmp_path / "a.csv", rows, "gb18030")).rows
    assert [(row["line_no"], row["product_name"]) for row in read_rows] == [
        (int(r["行号"]), r["品名"]) for r in rows
    ]
    line, expected = 2, []
    for row in rows:
        expected.append(line)
        line += 1 + row["品名"].count("\n")
    assert [row["_line_no"] for row in read_rows] == expected


def test_a_rejected_row_is_returned_exactly_as_delivered(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('h\n1\n"2\n\n2"\n\n3\n4\u2028\x0c\n5\n', encoding="utf-8-sig")
    raw = {2: "1", 3: '"2\n\n2"', 7: "3", 8: "4\u2028\x0c", 9: "5"}
    for wanted in ([2], [3], [3, 8], [9], [2, 3, 7, 8, 9]):
        assert raw_lines(path, *wanted) == {n: raw[n] for n in wanted}


_cell_text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\0"), max_size=8
)
_awkward = st.sampled_from(
    [
        "",
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        "a\nb",
        'x"y',
        '","',
        "\\",
        "'",
        "\u2028",
        "\x85",
        "\x1f",
        "\x0c",
        "#",
        "\ufeff",
    ]
)


@_quick
@given(
    st.lists(st.tuples(_cell_text | _awkward, _cell_text | _awkward), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "gb18030"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_file_of_a_csv_writer_keeps_its_rows_and_texts(
    read_table: ReadTable,
    tmp_path: Path,
    pairs: list[tuple[str, str]],
    newline: str,
    encoding: str,
    quoting: Any,
) -> None:
    out = io.StringIO()
    rows = [order(行号=str(n), 客户名称=name, 备注=note) for n, (name, note) in enumerate(pairs, 1)]
    writer = csv.DictWriter(out, list(rows[0]), lineterminator=newline, quoting=quoting)
    writer.writeheader()
    lines = []
    for row in rows:
        lines.append(1 + out.getvalue().count("\n"))
        writer.writerow(row)
    path = tmp_path / "a.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    table = read_table(path)
    assert [row["line_no"] for row in table.rows] == list(range(1, len(rows) + 1))
    assert [row["_line_no"] for row in table.rows] == lines
    assert [row["_findings"] for row in table.rows] == [None] * len(rows)
    for row, (name, note) in zip(table.rows, pairs, strict=True):
        assert (row["customer_name"] or "") == _read_as(name)
        if "备注" in table.unknown_columns:
            assert _plain(row["_extra"]["备注"] or "") == _plain(note)
    raw = raw_lines(path, *lines)
    assert sorted(raw) == lines
    assert all(
        f",{n}," in record or f',"{n}",' in record
        for n, record in zip(range(1, 99), (raw[i] for i in lines), strict=False)
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _read_as(text: str) -> str:
    """Blanks around a value and invisible characters are removed."""
    return _plain(text).strip(
        " \t\n\r\x0b\x0c\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u200e\u200f"
        + "".join(map(chr, range(0x2000, 0x200B)))
    )


@_quick
@given(
    st.lists(
        st.sampled_from([b'"', b",", b"\n", b"\r", b"a", b"1", "布".encode(), b"\0", b" ", b";"]), max_size=60
    )
)
def test_any_bytes_are_rows_or_a_refusal(read_table: ReadTable, tmp_path: Path, pieces: list[bytes]) -> None:
    path = tmp_path / "a.csv"
    lines = csv_text(orders(2)).encode()
    path.write_bytes(lines + b"".join(pieces))
    try:
        rows = read_table(path).rows
    except UnreadableFileError:
        return
    assert [row["line_no"] for row in rows][:2] == [1, 2]
    assert [row["_line_no"] for row in rows] == sorted({row["_line_no"] for row in rows})
