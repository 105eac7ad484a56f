"""The calibrated figures, computed from the written files only."""

import polars as pl
import pytest

from include.sources.lookups import seed

from .conftest import Generated, current, month, with_markets

EUROPE = ["EU", "UK"]


@pytest.fixture(scope="module")
def order_book(orders: pl.DataFrame) -> pl.DataFrame:
    rates = seed("exchange_rates").select(
        pl.col("month").str.to_date(), "currency", pl.col("cny_per_unit").cast(pl.Float64)
    )
    lines = with_markets(current(orders, "enterprise_orders"), "country", "order_date")
    return lines.join(rates, on=["month", "currency"], how="left").with_columns(
        cny=pl.col("amount") * pl.col("cny_per_unit"),
        domestic=pl.col("market_group") == "DOMESTIC",
    )


@pytest.fixture(scope="module")
def customs(items: pl.DataFrame) -> pl.DataFrame:
    exports = current(items, "customs_exports").filter(
        (pl.col("source_district") == "33149") & ~pl.col("trade_mode").is_in(["0245", "0644"])
    )
    return with_markets(exports, "destination_country", "export_date").with_columns(cny="fob_cny")


def _total(rows: pl.DataFrame, *conditions: pl.Expr) -> float:
    return float(rows.filter(*conditions)["cny"].sum())


def _white_cloth_growth(rows: pl.DataFrame, groups: list[str]) -> float:
    of = pl.col("market_group").is_in(groups) & (pl.col("product_group") == "white_cloth")
    now, then = (_total(rows, of, pl.col("month") == month(year, 9)) for year in (2020, 2019))
    return now / then - 1


def test_denim_turns_to_the_domestic_market(order_book: pl.DataFrame) -> None:
    denim = order_book.filter(pl.col("product_group") == "denim")
    path = (
        denim.group_by("month")
        .agg(
            domestic=pl.col("cny").filter("domestic").sum(),
            export=pl.col("cny").filter(~pl.col("domestic")).sum(),
        )
        .with_columns(share=pl.col("domestic") / (pl.col("domestic") + pl.col("export")))
        .sort("month")
    )
    shares = path["share"].to_list()
    assert shares[:8] == pytest.approx([0.10] * 8, abs=0.015)
    assert shares[-1] == pytest.approx(0.35, abs=0.005)
    assert shares[7:] == sorted(shares[7:])
    since_march = path.filter(pl.col("month") >= month(2020, 3))
    assert since_march["export"].to_list() == sorted(since_march["export"], reverse=True)
    assert since_march["domestic"].to_list() == sorted(since_march["domestic"])


def test_white_cloth_to_asean_grows_by_30_percent(order_book: pl.DataFrame, customs: pl.DataFrame) -> None:
    for rows in (order_book, customs):
        assert _white_cloth_growth(rows, ["ASEAN"]) == pytest.approx(0.30, abs=0.015)


def test_white_cloth_to_europe_and_america_is_flat(order_book: pl.DataFrame, customs: pl.DataFrame) -> None:
    for rows in (order_book, customs):
        assert _white_cloth_growth(rows, EUROPE) == pytest.approx(0, abs=0.03)
        assert _white_cloth_growth(rows, ["NORTH_AMERICA"]) == pytest.approx(0, abs=0.03)


def test_a_mill_stays_an_exporter_in_every_month(order_book: pl.DataFrame) -> None:
    shares = order_book.group_by("enterprise_uscc", "month").agg(
        export=1 - pl.col("cny").filter("domestic").sum() / pl.col("cny").sum()
    )
    steady = shares.group_by("enterprise_uscc").agg(pl.col("export").is_between(0.8, 0.9).all())
    assert steady["export"].sum() >= 1


def test_mills_were_exporters_before(order_book: pl.DataFrame) -> None:
    before = order_book.filter(pl.col("month") < month(2020, 1))
    shares = before.group_by("enterprise_uscc").agg(
        export=1 - pl.col("cny").filter("domestic").sum() / pl.col("cny").sum()
    )
    assert shares.select(pl.col("export").median()).item() == pytest.approx(0.86, abs=0.07)


def test_guangdong_buys_about_a_third(order_book: pl.DataFrame) -> None:
    domestic = order_book.filter("domestic")
    guangdong = _total(domestic, pl.col("province") == "44") / _total(domestic)
    assert 0.30 <= guangdong <= 0.40


def test_lunar_new_year_is_a_dip(order_book: pl.DataFrame) -> None:
    value = dict(order_book.group_by("month").agg(pl.col("cny").sum()).iter_rows())
    assert value[month(2020, 1)] < 0.8 * value[month(2019, 12)]
    assert value[month(2020, 3)] > 1.3 * value[month(2020, 2)]


def test_customs_cover_the_order_books_exports(order_book: pl.DataFrame, customs: pl.DataFrame) -> None:
    exported = order_book.filter(~pl.col("domestic"))
    assert _total(customs) / _total(exported) == pytest.approx(0.95, abs=0.05)  # small cells may be empty
    assert set(customs["consignor_uscc"]) <= set(exported["enterprise_uscc"])


def test_zhejiang_covers_the_clusters_exports(customs: pl.DataFrame, statistics: pl.DataFrame) -> None:
    codes = dict(seed("countries").select("country_code", "customs_code").iter_rows())
    cluster = (
        customs.with_columns(
            pl.col("hs_code").str.slice(0, 8),
            partner_code=pl.col("destination_country").replace_strict(codes),
        )
        .group_by("month", "hs_code", "partner_code")
        .agg(pl.col("cny").sum())
    )
    zhejiang = statistics.filter(pl.col("province_code") == "33")
    assert set(statistics["province_code"]) == {"33", "44", "32", "35", "37"}
    province = zhejiang.group_by("month", "hs_code", "partner_code").agg(pl.col("value").sum())
    both = cluster.join(province, on=["month", "hs_code", "partner_code"], how="left")
    assert (both["value"] >= both["cny"]).all()


def test_prices_and_quantities_make_the_amount(orders: pl.DataFrame) -> None:
    error = pl.col("quantity") * pl.col("unit_price") - pl.col("amount")
    allowed = pl.max_horizontal(pl.col("amount") * 0.001, 1)
    assert orders.select((error.abs() <= allowed).all()).item()


def test_denim_and_greige_prices_are_plausible(order_book: pl.DataFrame) -> None:
    metres = order_book.filter(pl.col("unit") == "m").with_columns(price=pl.col("cny") / pl.col("quantity"))
    for group, low, high in (("denim", 12, 25), ("white_cloth", 4, 10)):
        prices = metres.filter(pl.col("product_group") == group)["price"]
        assert prices.is_between(low * 0.95, high * 1.05).mean() > 0.99
    widths = order_book.filter(pl.col("unit").is_in(["m", "yd"]))["fabric_width_cm"]
    assert widths.drop_nulls().is_between(145, 175).all()
    assert 0 < widths.null_count() < 0.15 * len(widths)


def test_fob_values_agree_at_the_customs_rate(items: pl.DataFrame) -> None:
    rates = seed("exchange_rates").filter(pl.col("currency") == "USD")
    by_month = {m: float(rate) for m, rate in rates.select("month", "cny_per_unit").iter_rows()}
    rate = items["export_date"].dt.truncate("1mo").cast(pl.String).replace_strict(by_month)
    difference = items["fob_usd"] * rate - items["fob_cny"]
    assert (difference.abs() <= 0.02).all()


def test_versions_are_delivered_again(
    orders: pl.DataFrame, items: pl.DataFrame, generated: Generated
) -> None:
    for rows, key, gone in (
        (orders, ["enterprise_uscc", "order_no", "line_no"], "cancelled"),
        (items, ["declaration_no", "item_no"], "deleted"),
    ):
        assert {"amended", gone} <= set(rows["status"])
        again = rows.filter(pl.struct(key).is_duplicated())
        newest = again.sort("updated_at").unique(key, keep="last")
        assert newest.height > 0
        assert newest["status"].is_in(["amended", gone]).all()


def test_some_items_are_not_the_clusters_exports(items: pl.DataFrame) -> None:
    assert {"0110", "0214", "0615", "1039"} <= set(items["trade_mode"])
    assert items["trade_mode"].is_in(["0245", "0644"]).any()
    assert (items["source_district"] != "33149").any()
