"""What the bulletin reads: figures with the rights of bi_reader only, and no figure of one or two mills."""

import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from samples import query

from include.bulletin import rows
from include.bulletin.sections import sections, words
from include.errors import BulletinError, NoReleaseError
from include.settings import PROJECT_DIR, Settings
from tests.bulletin.conftest import MISSING, PROCESSED, REFUSED

MODELS = PROJECT_DIR / "dbt_project" / "models"


@pytest.fixture(scope="module")
def content(bulletin_warehouse: Settings) -> rows.Content:
    return rows.read(bulletin_warehouse)


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The queries, to be changed."""
    copy = shutil.copytree(rows.QUERIES, tmp_path / "queries")
    monkeypatch.setattr(rows, "QUERIES", copy)
    return copy


def test_the_release_says_who_and_what_is_missing(content):
    assert [row["enterprise_uscc"] for row in content.missing_mills] == [MISSING]
    assert [f"{row['last_month']:%Y-%m}" for row in content.missing_mills] == ["2020-07"]
    assert [row["file_name"] for row in content.refused_loads] == [REFUSED, "bad.csv"]
    assert f"{content.release['newest_month']:%Y-%m}" == "2020-08"


def test_a_query_over_a_restricted_mart_fails(bulletin_warehouse, queries):
    (queries / "legs.sql").write_text("select * from marts.enterprise_mix", encoding="utf-8")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="enterprise_mix"):
        rows.read(bulletin_warehouse)


def test_nothing_is_written(bulletin_warehouse, queries):
    (queries / "months.sql").write_text("create table workbench.x (n int)", encoding="utf-8")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        rows.read(bulletin_warehouse)


def test_a_release_that_is_not_there(bulletin_warehouse, new_warehouse):
    with pytest.raises(NoReleaseError, match="there is no release 9; `textile releases`"):
        rows.read(bulletin_warehouse, 9)
    with pytest.raises(NoReleaseError, match="there is no release yet: `textile publish` makes one"):
        rows.read(new_warehouse())


def test_contributions_that_do_not_add_up_make_no_page(bulletin_warehouse, queries):
    file = queries / "pulled.sql"
    wrong = file.read_text(encoding="utf-8").replace(
        "    c.contribution_pp,", "    c.contribution_pp + 1 as contribution_pp,"
    )
    file.write_text(wrong, encoding="utf-8")
    with pytest.raises(BulletinError, match=r"contributions of \w+ in 20\d\d-\d\d sum to"):
        rows.read(bulletin_warehouse)


def test_growth_is_that_of_the_two_amounts_beside_it(content):
    known = [row for row in content.rows["asean"] if row["growth_comparable"] is not None]
    assert {"plain", "working_day", "festival_adjusted"} <= {row["comparison_basis"] for row in known}
    for row in known:
        growth = row["value_cny"] / row["compared_value_cny"] - 1
        assert abs(growth - row["growth_comparable"]) < Decimal("1e-6"), row


def test_no_page_while_dbt_rebuilds_the_seeds(bulletin_warehouse, queries):
    file = queries / "restricted" / "legs.sql"
    file.write_text(file.read_text(encoding="utf-8").replace("<> 'domestic'", "= '-'"), encoding="utf-8")
    with pytest.raises(BulletinError, match="dbt is rebuilding the seeds; `textile bulletin` again"):
        rows.read(bulletin_warehouse)


def of(content: rows.Content, section: str, **wanted: Any) -> list[rows.Row]:
    rows = [row for row in content.rows[section] if f"{row['month']:%Y-%m}" == "2020-08"]
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def test_one_mill_is_hidden_and_is_not_a_remainder(content):
    """Garments and Britain have one mill. Yarn-dyed cloth and the EU are hidden too, or they follow."""
    for product in ("garment", "yarn_dyed"):
        (legs,) = of(content, "legs", product=product)
        assert legs["total_value_cny"] is None
        assert "total_value_cny" in legs["hidden"]
        assert not of(content, "pulled", product=product, member="TOTAL")
    pulled = {row["member"]: row for row in of(content, "pulled", product="ALL")}
    assert set(pulled) == {"DOMESTIC", "ASEAN", "NORTH_AMERICA", "COMBINED", "TOTAL"}
    assert of(content, "pulled", product="denim", member="DOMESTIC")[0]["value_cny"] > 0


def test_exports_hold_no_domestic_processing(content, bulletin_warehouse):
    """It is of one mill: neither blocs nor volume may be of all that is declared."""
    (all_declared,) = query(
        bulletin_warehouse,
        "select distinct total_value_cny from marts.market_share where basis = 'customs'"
        " and product_group = 'denim' and market_level = 'group' and month = '2020-08-01'",
    )[0]
    blocs = of(content, "blocs", product="denim")
    (volume,) = of(content, "volume", product="denim")
    exports = sum(row["value_cny"] for row in blocs)
    assert exports == all_declared - Decimal(PROCESSED)
    assert {row["total_value_cny"] for row in blocs} == {volume["value_cny"]} == {exports}
    assert sum(row["share"] for row in blocs) == 1


def test_one_missing_mill_hides_the_figures_that_disclose_it(content):
    (row,) = of(content, "coverage", product="denim")
    assert row["mills_missing"] == 1
    assert row["growth_yoy"] is not None
    assert row["matched_growth_yoy"] is None
    assert "matched_value_share" in row["hidden"]


def test_what_is_missing_keeps_its_own_reason(content):
    first = next(row for row in content.rows["asean"] if row["product"] == "denim")
    assert (first["growth_comparable"], first["growth_reason"]) == (None, "no_base_period")
    assert "growth_comparable" not in first["hidden"]


def test_the_exposure_names_the_marts_that_are_read():
    asked = "\n".join(path.read_text(encoding="utf-8") for path in rows.QUERIES.rglob("*.sql"))
    exposure = yaml.safe_load((MODELS / "exposures" / "bulletin.yml").read_text(encoding="utf-8"))
    named = {re.sub(r"ref\('(\w+)'\)", r"\1", ref) for ref in exposure["exposures"][0]["depends_on"]}
    assert named == set(re.findall(r"marts\.(\w+)", asked)) - {"release_info"}


def test_every_section_has_a_query_and_every_query_is_used():
    used = {section.id for section in sections()}
    other = {"release", "bases", "months", "products", "markets", "metrics", "mills", "missing_rates"}
    assert {path.stem for path in rows.QUERIES.glob("*.sql")} == used | other


def test_every_code_that_a_mart_can_show_has_its_words():
    """What the marts' tests accept in the columns that the bulletin shows."""
    code_columns = {column.words for section in sections() for column in section.columns if column.words}
    marts = {section.mart for section in sections()} | {"dual_circulation"}
    accepted = {
        code
        for mart, column in _columns()
        if mart in marts and column["name"] in code_columns
        for code in _accepted(column)
    }
    assert {"festival_adjusted", "lunar_new_year"} <= accepted
    known = words()["values"].keys() | words()["reasons"].keys()
    assert (accepted | {"flash", "formal", "final"}) - known == set()


def test_every_reason_that_any_mart_gives_has_its_words():
    """Codes that a column of reasons accepts, and those that its description names."""
    others = {column["name"] for _, column in _columns()} | {"quantity_coverage", "updated_at"}
    reasons = [column for _, column in _columns() if column["name"].endswith("_reason")]
    named = {
        code
        for column in reasons
        for code in re.findall(r"[a-z0-9]+(?:_[a-z0-9]+)+", column["description"].partition(" / ")[0])
    }
    codes = (named - others) | {code for column in reasons for code in _accepted(column)}
    assert {"no_base_period", "no_exchange_rate", "quantity_partly_known"} <= codes
    assert codes - words()["reasons"].keys() == set()


def test_every_reason_of_a_reader_to_refuse_a_file_has_its_words():
    texts = [path.read_text(encoding="utf-8") for path in (PROJECT_DIR / "include").rglob("*.py")]
    pattern = r'(?:UnreadableFileError\(\s*|\.refuse\(\s*\[)"(\w+)"'
    codes = set(re.findall(pattern, "\n".join(texts)))
    assert len(codes) > 20
    assert codes == words()["refusals"].keys()


def _columns() -> list[tuple[str, dict[str, Any]]]:
    """Mart and column, of all marts."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (MODELS / "marts").rglob("_*.yml")]
    models = [model for file in files for model in file.get("models", [])]
    return [(model["name"], column) for model in models for column in model.get("columns", [])]


def _accepted(column: dict[str, Any]) -> list[str]:
    tests = [test for test in column.get("data_tests", []) if "accepted_values" in test]
    return [code for test in tests for code in test["accepted_values"]["arguments"]["values"]]
