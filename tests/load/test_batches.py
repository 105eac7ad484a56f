"""Files that share a validation: none delays another, changes during it, or withdraws rows by mistake."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import cell, load, one, orders, query, write, write_download

from expectations import enterprise_orders
from expectations.rules import no_row_where
from include.load import batch
from include.quality.gate import GateError
from include.settings import Settings

SOURCE = "enterprise_orders"


def test_a_file_that_breaks_the_validation_is_refused_alone(
    warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text is longer than an index entry may be; the reader's own limit is removed for this test."""
    monkeypatch.setattr("include.sources.cast.MAX_KEY_CHARACTERS", 100_000, raising=False)
    long_text = "".join(hashlib.sha512(bytes([n])).hexdigest() for n in range(99))
    poison = write(tmp_path / "poison.csv", orders(6, 订单号=long_text))
    good = [write(tmp_path / f"{n}.csv", orders(6, 订单号=f"SO-{n}")) for n in range(2)]
    results = load(warehouse, SOURCE, good[0], poison, good[1])
    assert [r.status for r in results] == ["accepted", "refused", "accepted"]
    assert results[1].failed_rules == ["validation_impossible"]
    assert "poison.csv" in results[1].message
    assert one(warehouse, f"select count(*) from raw.{SOURCE}") == 12
    assert query(warehouse, "select relname from pg_class where relnamespace = 'load'::regnamespace") == []


@pytest.fixture
def rule_that_divides(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Add a row rule that divides by an expression of the row."""

    def add(divisor: str) -> None:
        rules = enterprise_orders.enterprise_orders

        def with_one_more() -> Any:
            suite = rules()
            suite.add_expectation(no_row_where(f"1 / ({divisor}) > 1", "divides", "除", "divides"))
            return suite

        monkeypatch.setattr(enterprise_orders, "enterprise_orders", with_one_more)

    return add


def test_a_file_that_breaks_the_query_of_a_rule_is_refused_alone(
    warehouse: Settings, tmp_path: Path, rule_that_divides: Callable[[str], None]
) -> None:
    rule_that_divides("quantity - 77")
    names = {"a": "1000", "poison": "77", "b": "1000"}
    files = [write(tmp_path / f"{n}.csv", orders(6, 订单号=n, 数量=q)) for n, q in names.items()]
    results = load(warehouse, SOURCE, *files)
    assert [r.status for r in results] == ["accepted", "refused", "accepted"]
    assert results[1].failed_rules == ["validation_impossible"]
    assert results[1].message == "poison.csv: cannot be validated: division by zero"
    assert one(warehouse, f"select count(*) from raw.{SOURCE}") == 12


def test_a_rule_that_cannot_run_refuses_no_file(
    warehouse: Settings, tmp_path: Path, rule_that_divides: Callable[[str], None]
) -> None:
    rule_that_divides("no_such_column")
    with pytest.raises(GateError, match="no_such_column"):
        load(warehouse, SOURCE, write(tmp_path / "a.csv", orders(6)))
    assert one(warehouse, "select count(*) from ops.load where status = 'refused'") == 0


def test_a_file_replaced_during_the_validation_waits_for_the_next_run(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = warehouse.landing_dir / SOURCE
    folder.mkdir(parents=True)
    path = write(folder / "a.csv", orders(5))
    validate = batch.load_gate.validate

    def validate_while_the_mill_delivers_again(*arguments: object) -> object:
        write(path, orders(7, 订单号="SO-2"))
        return validate(*arguments)

    with monkeypatch.context() as during:
        during.setattr(batch.load_gate, "validate", validate_while_the_mill_delivers_again)
        (result,) = load(warehouse, SOURCE, path)
    assert (result.status, result.failed_rules) == ("refused", ["file_still_written"])
    assert path.is_file()
    assert one(warehouse, f"select count(*) from raw.{SOURCE}") == 0
    (result,) = load(warehouse, SOURCE, path)
    assert (result.status, result.accepted) == ("accepted", 7)
    assert not path.exists()


def test_a_withdrawn_row_is_accepted_again_also_when_its_key_is_twice_in_the_batch(
    warehouse: Settings, tmp_path: Path
) -> None:
    two_cells = [cell(贸易伙伴编码="141"), cell(贸易伙伴编码="112")]
    load(warehouse, "customs_statistics", write_download(tmp_path / "1.csv", two_cells))
    load(warehouse, "customs_statistics", write_download(tmp_path / "2.csv", two_cells[:1]))
    assert one(warehouse, "select count(*) from raw.customs_statistics") == 1
    again = [*two_cells, two_cells[1]]
    (result,) = load(warehouse, "customs_statistics", write_download(tmp_path / "3.csv", again))
    assert (result.accepted, result.unchanged) == (1, 2)
    assert one(warehouse, "select count(*) from raw.customs_statistics") == 2


def test_a_row_whose_key_cannot_be_read_withdraws_nothing(warehouse: Settings, tmp_path: Path) -> None:
    rows = [cell(贸易伙伴编码=str(code)) for code in range(101, 111)]
    load(warehouse, "customs_statistics", write_download(tmp_path / "1.csv", rows))
    damaged = [*rows[:9], rows[9] | {"贸易伙伴编码": "10x"}]
    (result,) = load(warehouse, "customs_statistics", write_download(tmp_path / "2.csv", damaged))
    assert (result.unchanged, result.quarantined) == (9, 1)
    assert one(warehouse, "select count(*) from raw.customs_statistics") == 10


def test_cells_of_a_file_cannot_run_as_scripts_in_the_data_docs(warehouse: Settings, tmp_path: Path) -> None:
    rows = [cell(flow="export", currency="CNY", 贸易伙伴编码=str(code)) for code in range(101, 111)]
    rows = [{"value": row.pop("人民币"), **row} for row in rows]
    rows[9]["currency"] = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    load(warehouse, "customs_statistics", write(tmp_path / "a.csv", rows))
    pages = [page.read_text(encoding="utf-8") for page in warehouse.home.glob("data_docs/load/*/**/*.html")]
    assert any("ONERROR=ALERT(2)" in page for page in pages)
    for page in pages:
        assert "<script" not in page.lower()
        if "ONERROR" in page:
            policy = page.index("Content-Security-Policy")
            assert "default-src 'none'" in page[policy : page.index("ONERROR")]
