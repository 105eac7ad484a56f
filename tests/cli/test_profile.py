"""``textile profile``: a draft for an unknown file, and what a load of it would do, without a warehouse."""

import json
from pathlib import Path

import ledger
import pytest
from samples import csv_text, order, orders, write
from typer.testing import CliRunner

from include.cli.main import app
from include.sources.profile import read_profile

pytestmark = pytest.mark.heavy

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder in which nothing was ever started."""
    monkeypatch.setenv("TEXTILE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*words: str | Path) -> tuple[int, dict[str, object], str]:
    done = runner.invoke(app, ["profile", *map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_check_shows_what_a_load_would_do(home: Path, tmp_path: Path) -> None:
    code, found, _ = run("check", "erp_sales_ledger", ledger.write(tmp_path))
    assert code == 0
    assert (found["result"]["status"], found["result"]["accepted"]) == ("accepted", 4)
    assert found["columns"]["order_no"] == "单据编号"
    assert found["columns"]["enterprise_uscc"] == "the file's name"
    assert found["columns"]["incoterm"] is None
    assert [row["place"] for row in found["before"]] == [f"sheet 订单明细, row {n}" for n in (5, 6, 8)]
    assert [(row["order_no"], row["amount"]) for row in found["after"]] == [
        ("SO-1", "20500"),
        ("SO-1", "24010.00"),
        ("SO-3", "9000"),
    ]
    assert found["result"]["skipped"]["样品不计销售 / samples are no sales"] == 1
    assert list(home.iterdir()) == []  # nothing was started there, and nothing stays


def test_check_names_the_rules_that_rows_break(tmp_path: Path) -> None:
    profile = tmp_path / "mine.yml"
    profile.write_text("source: enterprise_orders\ncolumns: {quantity: [米数]}\n", encoding="utf-8")
    rows = [*orders(4), order(行号="0"), order(行号="6", 数量="many")]
    path = tmp_path / "a.csv"
    path.write_text(csv_text(rows).replace("数量", "米数"), encoding="utf-8")
    code, found, _ = run("check", profile, path)
    assert (code, found["result"]["status"]) == (1, "refused")
    assert found["rules"] == {"line_no_positive": 1, "quantity_readable": 1}
    assert [(row["place"], row["rules"]) for row in found["examples"]] == [
        ("line 6", "line_no_positive"),
        ("line 7", "quantity_readable"),
    ]
    printed = runner.invoke(app, ["profile", "check", str(profile), str(path)])
    assert "A load would report: refused" in printed.stdout
    assert "quantity_readable" in printed.stdout


def test_check_names_the_words_without_a_code(tmp_path: Path) -> None:
    profile = tmp_path / "mine.yml"
    profile.write_text("source: enterprise_orders\nwords: {status: {好: fine}}\n", encoding="utf-8")
    done = runner.invoke(app, ["profile", "check", str(profile), str(write(tmp_path / "a.csv", orders(4)))])
    assert done.exit_code == 1
    assert "mine.yml: words: status: 好: 'fine' is no known code or word" in str(done.exception)


def test_check_of_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    code, found, _ = run("check", "erp_sales_ledger", tmp_path / "a.csv")
    assert (code, found["result"]["failed_rules"]) == (1, ["kind_unexpected"])
    with pytest.raises(Exception, match="no such file, and no profile of that name; there are: erp_sales"):
        runner.invoke(app, ["profile", "check", "nobody", str(tmp_path / "a.csv")], catch_exceptions=False)


def test_new_proposes_what_check_then_accepts(tmp_path: Path) -> None:
    path = ledger.write(tmp_path)
    out = tmp_path / "draft.yml"
    code, found, _ = run("new", path, "--out", out)
    assert (code, found["source"], found["missing"]) == (0, "enterprise_orders", ["enterprise_uscc"])
    assert {"order_no", "quantity", "amount", "customer_code"} <= set(found["guessed"])
    draft = read_profile(out)
    assert (draft.sheets, draft.header_rows, draft.stop) == (("订单明细",), 2, ("合计",))
    assert draft.columns["quantity"] == ("数量 主数量",)
    again = runner.invoke(app, ["profile", "new", str(path), "--out", str(out)])
    assert isinstance(again.exception, FileExistsError), "a draft never overwrites a file"


def test_new_proposes_nothing_for_a_canonical_file(tmp_path: Path) -> None:
    code, found, _ = run("new", write(tmp_path / "a.csv", orders(3), "gb18030"))
    assert (code, found["guessed"], found["missing"]) == (0, [], [])
    assert [line for line in found["text"].splitlines() if not line.startswith("#")] == [
        "source: enterprise_orders",
        'description: "a"',
    ]


@pytest.mark.parametrize(("delimiter", "total"), [(";", "合计"), ("\t", "合 计"), ("|", "TOTAL")])
def test_new_finds_delimiter_and_header_below_titles(delimiter: str, total: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    table = csv_text([row | {"品名": "布"} for row in orders(5)]).replace(",", delimiter)
    path.write_text(f"某厂订单\n2020年9月\n{table}{total}{delimiter}5\n", encoding="utf-8")
    out = tmp_path / "draft.yml"
    assert run("new", path, "--out", out)[0] == 0
    draft = read_profile(out)
    assert (draft.delimiter, draft.header[0]) == (delimiter, "统一社会信用代码")
    assert draft.stop == (total.lower(),)
    code, found, _ = run("check", out, path)
    assert (code, found["result"]["accepted"]) == (0, 5)


def test_new_says_when_nothing_resembles_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("尊敬的领导,\n附件请查收,\n", encoding="utf-8")
    with pytest.raises(Exception, match="resembles a header"):
        runner.invoke(app, ["profile", "new", str(tmp_path / "a.csv")], catch_exceptions=False)
