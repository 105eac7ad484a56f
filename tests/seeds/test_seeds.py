"""Laws of the code lists: they are data that the bureau edits, so a slip must not pass."""

import csv
import datetime as dt
import shutil
from collections import defaultdict
from itertools import pairwise

import pytest

from include.seeds import calendar_months, exchange_rates, release_calendar
from include.settings import PROJECT_DIR
from include.sources.lookups import fold

SEEDS = PROJECT_DIR / "dbt_project" / "seeds"


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "code"), [("countries", "country_code"), ("provinces", "province_code"), ("units", "unit_code")]
)
def test_a_word_means_one_thing(name, code):
    meanings: dict[str, set[str]] = {}
    for row in seed(name):
        for word in [
            *(row[c] for c in row if c not in ("aliases", "measure", "factor")),
            *row["aliases"].split("|"),
        ]:
            meanings.setdefault(fold(word), set()).add(row[code])
    assert {word: codes for word, codes in meanings.items() if word and len(codes) > 1} == {}
    assert meanings.get("korea") is None


def test_known_words_of_real_files():
    countries = {fold(w): r["country_code"] for r in seed("countries") for w in r["aliases"].split("|")}
    assert {w: countries[fold(w)] for w in ("EIRE", "Viet Nam", "Korea, Rep.", "Hong Kong", "Bahrian")} == {
        "EIRE": "IRL",
        "Viet Nam": "VNM",
        "Korea, Rep.": "KOR",
        "Hong Kong": "HKG",
        "Bahrian": "BHR",
    }


def test_a_country_is_in_one_group_at_a_time():
    stays: dict[str, list[tuple[str, str]]] = {}
    for row in seed("market_group_members"):
        assert row["valid_from"] < (row["valid_to"] or "9999")
        stays.setdefault(row["country_code"], []).append((row["valid_from"], row["valid_to"] or "9999"))
    for country, periods in stays.items():
        for (_, left), (joined, _) in pairwise(sorted(periods)):
            assert left <= joined, country


def members(group: str, day: str) -> set[str]:
    return {
        row["country_code"]
        for row in seed("market_group_members")
        if row["market_group"] == group and row["valid_from"] <= day < (row["valid_to"] or "9999")
    }


def test_dated_membership():
    assert len(members("EU", "2020-01-31")) == 28
    assert members("EU", "2020-01-31") - members("EU", "2020-02-01") == {"GBR"}
    assert members("UK", "2020-02-01") == {"GBR"}
    assert members("ASEAN", "2025-10-26") - members("ASEAN", "2025-10-25") == {"TLS"}
    assert members("ASEAN", "2020-09-01") == {
        *("BRN", "MMR", "KHM", "IDN", "LAO"),
        *("MYS", "PHL", "SGP", "THA", "VNM"),
    }
    assert {"HKG", "MAC", "TWN"} <= members("EAST_ASIA", "2020-09-01")
    assert members("DOMESTIC", "2020-09-01") == {"CHN"}


def test_denim_and_white_cloth():
    codes = {row["hs_prefix"]: row["product_group"] for row in seed("product_group_codes")}
    assert {code for code, group in codes.items() if group == "denim"} == {"520942", "521142"}
    assert {codes[code] for code in ("520811", "520912", "521019", "521111", "521221")} == {"white_cloth"}
    assert codes[""] == "other"


@pytest.mark.parametrize(
    ("month", "day"),
    [("2020-08-01", "2020-07-15"), ("2020-10-01", "2020-09-16"), ("2021-03-01", "2021-02-24")],
)
def test_rates_are_of_the_third_wednesday_or_the_fourth(month, day):
    assert exchange_rates.rate_date(dt.date.fromisoformat(month)) == dt.date.fromisoformat(day)


def test_known_rates():
    rates = {(r["month"], r["currency"]): r["cny_per_unit"] for r in seed("exchange_rates")}
    assert rates["2020-08-01", "USD"] == "6.988378"
    assert rates["2020-10-01", "USD"] == "6.759542"
    assert rates["2021-03-01", "USD"] == "6.451671"


def test_extending_rates_adds_what_is_missing_and_keeps_what_was_entered(tmp_path):
    copy = tmp_path / "rates.csv"
    lines = (SEEDS / "exchange_rates.csv").read_text(encoding="utf-8").splitlines()
    official = "2020-08-01,USD,6.999999,2020-07-15,bureau"
    kept = [official if line.startswith("2020-08-01,USD") else line for line in lines[:2500]]
    copy.write_text("\n".join([*kept, ""]), encoding="utf-8")
    assert exchange_rates.extend(copy) >= len(lines) - 2500
    written = copy.read_text(encoding="utf-8").splitlines()
    assert written[:2500] == kept
    assert written[2500 : len(lines)] == lines[2500:]
    assert exchange_rates.extend(copy) == 0


def test_calendar_is_what_the_script_makes(tmp_path):
    copy = tmp_path / "calendar.csv"
    shutil.copy(SEEDS / "calendar_months.csv", copy)
    calendar_months.rewrite(copy)
    known = (SEEDS / "calendar_months.csv").read_text(encoding="utf-8")
    # A newer package may know more years; those it knew stay.
    assert copy.read_text(encoding="utf-8").startswith(known)


def test_a_month_is_over_then_formal_then_final():
    months = seed("release_calendar")
    for row in months:
        month = dt.date.fromisoformat(row["month"])
        next_month = (month + dt.timedelta(days=31)).replace(day=1)
        assert next_month.isoformat() <= row["formal_from"] <= row["final_from"], row
    known = [row["month"] for row in months]
    assert known == [f"{2000 + n // 12}-{n % 12 + 1:02}-01" for n in range(len(known))], "no month is missing"
    assert {row["month"] for row in seed("calendar_months")} <= set(known)


def test_the_release_calendar_is_extended_by_its_rule_and_keeps_what_the_bureau_entered(tmp_path):
    copy = tmp_path / "calendar.csv"
    copy.write_text("month,formal_from,final_from\n2020-09-01,2020-10-25,2021-09-30\n", encoding="utf-8")
    assert release_calendar.extend(copy) == 36 * 12 - 1
    rows = {line[:10]: line[11:] for line in copy.read_text(encoding="utf-8").splitlines()[1:]}
    assert list(rows) == sorted(rows)
    assert rows["2020-09-01"] == "2020-10-25,2021-09-30"
    assert rows["2020-08-01"] == "2020-09-20,2021-06-30"
    assert rows["2020-12-01"] == "2021-01-20,2021-06-30", "the last month of a year waits for half a year"
    assert rows["2021-01-01"] == "2021-02-20,2022-06-30"
    assert release_calendar.extend(copy) == 0


def test_editions_of_the_harmonized_system():
    """Of the textile pairs 773 of 812 are one to one; the eight digits lost 30 codes and gained 22."""
    pairs = [(r["hs6_2017"], r["hs6_2022"], r["relation"]) for r in seed("hs6_correlation")]
    successors, predecessors = defaultdict(set), defaultdict(set)
    for old, new, _ in pairs:
        successors[old].add(new)
        predecessors[new].add(old)
    names = {(1, 1): "one_to_one", (2, 1): "split", (1, 2): "merge", (2, 2): "complex"}
    for old, new, relation in pairs:
        kind = min(2, len(successors[old])), min(2, len(predecessors[new]))
        assert relation == names[kind], (old, new)
    assert (len(pairs), sum(relation == "one_to_one" for *_, relation in pairs)) == (812, 773)

    codes = seed("hs8_codes")
    lists = {
        year: {r["hs8"] for r in codes if r["valid_from"] <= day < (r["valid_to"] or "9999")}
        for year, day in ((2021, "2021-01-01"), (2022, "2022-01-01"))
    }
    assert {year: len(known) for year, known in lists.items()} == {2021: 1147, 2022: 1139}
    assert len(lists[2021] - lists[2022]) == 30
    assert len(lists[2022] - lists[2021]) == 22
    # Both sources speak of the same six digits in each edition.
    assert {code[:6] for code in lists[2021]} == set(successors)
    assert {code[:6] for code in lists[2022]} == set(predecessors)
