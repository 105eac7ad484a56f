"""Words to codes: country, province, currency and unit names, from the dbt seeds.

dbt joins on the same seeds.
"""

import unicodedata
from functools import cache

import polars as pl

from include.settings import PROJECT_DIR
from include.sources.contract import Column

SEEDS_DIR = PROJECT_DIR / "dbt_project" / "seeds"

# Seed -> (code column, columns whose value is one accepted word). Column `aliases` holds several words.
_WORD_COLUMNS = {
    "countries": ("country_code", ("country_code", "alpha_2", "customs_code", "name_zh", "name_en")),
    "provinces": ("province_code", ("province_code", "name_zh", "name_en")),
    "currencies": ("currency", ("currency", "name_zh", "name_en")),
    "units": ("unit_code", ("unit_code", "name_zh", "name_en", "declaration_code", "statistics_code")),
}


def fold(text: str) -> str:
    """The form in which headers and words are compared: NFKC, no BOM, single spaces, lower case."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split()).casefold()


def seed(name: str) -> pl.DataFrame:
    """A seed as text columns."""
    return pl.read_csv(SEEDS_DIR / f"{name}.csv", infer_schema=False)


@cache
def words(name: str) -> dict[str, str]:
    """Folded word -> code for one of countries, provinces, currencies, units."""
    code, columns = _WORD_COLUMNS[name]
    found: dict[str, str] = {}
    for row in seed(name).iter_rows(named=True):
        accepted = [row[c] for c in columns] + (row["aliases"] or "").split("|")
        found.update({fold(word): row[code] for word in accepted if word and word.strip()})
    return found


def known_words(column: Column) -> dict[str, str]:
    """Folded word -> code of a column's list: the seed's, then the contract's."""
    return (words(column.codes) if column.codes else {}) | {fold(k): v for k, v in column.words.items()}


@cache
def codes(name: str) -> frozenset[str]:
    """The codes in the first column of a seed."""
    return frozenset(seed(name).to_series(0))
