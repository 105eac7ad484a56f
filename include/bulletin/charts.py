"""One chart per section, as Vega-Lite in both languages, without data: page.js adds the rows.

Rows have, besides their columns: ``date``, ``label`` (the member's name), ``tip`` (the tooltip), ``order``
and ``t_<column>`` (the text in the table). Colours are never the only distinction: dashes, shapes or names
differ too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import yaml

from include.bulletin.sections import LANGUAGES, Language, Text
from include.settings import PROJECT_DIR

# Fits a page 800 pixels wide, and A4 with its margins.
WIDTH = 690
_HEIGHT = 220
_FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', Arial, sans-serif"
_INK, _GREY, _FAINT = "#222222", "#767676", "#dddddd"
_BLOCS: dict[str, str] = yaml.safe_load((PROJECT_DIR / "dashboards" / "colours.yml").read_text("utf-8"))[
    "blocs"
]
_DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
_SHAPES = ("circle", "square", "triangle-up", "diamond")

Word = Callable[[str], str]  # a metric's name, or the word for a code, in the chart's language


def charts(labels: Mapping[str, Mapping[str, Text]], names: Mapping[str, Text]) -> dict[str, Any]:
    """Section -> language -> Vega-Lite; ``labels``: by section and column, ``names``: by code."""
    return {
        section: {lang: _style(make(_words({**names, **labels[section]}, lang))) for lang in LANGUAGES}
        for section, make in _MAKERS.items()
    }


def _words(texts: Mapping[str, Text], lang: Language) -> Word:
    return lambda code: texts[code][lang]


def _style(chart: Any) -> dict[str, Any]:
    styled = chart.configure(font=_FONT, background="transparent")
    styled = styled.configure_axis(
        labelColor=_INK, titleColor=_INK, gridColor="#eeeeee", domainColor=_GREY, tickColor=_GREY,
        labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=0, labelOverlap=True,
        labelSeparation=6,
    )  # fmt: skip
    styled = styled.configure_legend(
        orient="top", title=None, labelFontSize=12, labelLimit=0, symbolSize=110, symbolStrokeWidth=0,
        rowPadding=7, columnPadding=18, labelColor=_INK,
    )  # fmt: skip
    spec: dict[str, Any] = styled.configure_view(stroke=None).to_dict()
    return spec


def _rows() -> Any:
    return alt.Chart(alt.NamedData(name="rows"))


def _layers(*layers: Any, height: Any, right: int = 4) -> Any:
    """A chart as wide as its container; ``right``: space for text; ``height``: pixels or a step per row."""
    return alt.layer(
        *layers,
        width="container",
        height=height,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding={"left": 4, "right": right, "top": 6, "bottom": 4},
    )


_ZERO = alt.Chart().mark_rule(color=_GREY, aria=False).encode(x=alt.datum(0))
_X = alt.X("date:T", title=None, axis=alt.Axis(format="%Y-%m", grid=False, tickCount=9, labelPadding=8))


def _lines(word: Word, fields: Sequence[str], colours: Sequence[str], axis: str, *behind: Any) -> Any:
    """A line per field over the months, each with its own colour, dashes and marks; crosses for nulls."""
    kind = _legend(word, fields)
    lines = (
        _rows()
        .transform_fold(list(fields), as_=["kind", "figure"])
        .encode(
            x=_X,
            y=alt.Y("figure:Q", title=None, axis=alt.Axis(format=axis, tickCount=5, minExtent=44)),
            color=alt.Color("kind:N", scale=_scale(fields, list(colours)), legend=kind),
            tooltip="tip:N",
        )
    )
    dashes = [list(dash) for dash in _DASHES[: len(fields)]]
    dash = alt.StrokeDash("kind:N", scale=_scale(fields, dashes), legend=kind)
    shape = alt.Shape("kind:N", scale=_scale(fields, list(_SHAPES[: len(fields)])))
    return _layers(
        *behind,
        _chosen_month(),
        lines.mark_line(strokeWidth=2.2, aria=False).encode(strokeDash=dash),
        lines.mark_point(filled=True, size=34, opacity=1, aria=False).encode(shape=shape.legend(kind)),
        _not_comparable(lines),
        _missing(fields[-1]),
        height=_HEIGHT,
    )


def _legend(word: Word, codes: Sequence[str]) -> Any:
    """A legend of names for codes, in two columns when one line is too short."""
    names = [word(code) for code in codes]
    # A Chinese character is as wide as the font is high, others about half; a mark with its gaps 50 pixels.
    width = sum(50 + 12 * len(name.encode("gb18030")) / 2 for name in names)
    return alt.Legend(
        labelExpr=f"{dict(zip(codes, names, strict=True))}[datum.label]",
        columns=2 if width > WIDTH - 60 else alt.Undefined,
    )


def _chosen_month() -> Any:
    return (
        _rows()
        .transform_filter("datum.selected")
        .mark_rule(color=_FAINT, strokeWidth=9, aria=False)
        .encode(x=_X)
    )


def _not_comparable(marks: Any) -> Any:
    """Hollow marks for months with a ``comparability_reason``."""
    return marks.transform_filter("isValid(datum.comparability_reason)").mark_point(
        filled=True, size=12, opacity=1, aria=False
    ).encode(color=alt.value("white"))  # fmt: skip


def _level(value: float) -> Any:
    """A horizontal reference line."""
    return alt.Chart().mark_rule(color=_GREY, aria=False).encode(y=alt.datum(value))


def _missing(field: str) -> Any:
    """A cross where there is no figure; the tooltip and the table have the reason."""
    return (
        _rows()
        .transform_filter(f"datum.{field} === null")
        .mark_text(text="×", color=_GREY, fontSize=12, aria=False)
        .encode(x=_X, y=alt.value(_HEIGHT - 7), tooltip="tip:N")
    )


def _scale(codes: Sequence[str], values: Sequence[Any]) -> Any:
    return alt.Scale(domain=list(codes), range=list(values))


def _axis(number: str) -> Any:
    return alt.Axis(format=number, tickCount=6)


def _names() -> Any:
    return alt.Y(
        "label:N",
        sort=alt.EncodingSortField("order", op="min"),
        title=None,
        axis=alt.Axis(ticks=False, domain=False),
    )


def _members(
    figure: str, axis: Any, title: str | None, text: str, *more: Any, colour: str = "", right: int = 105
) -> Any:
    """A bar per member, with its figure in a column at the right.

    ``colour``: of all bars; by default each bloc has its own.
    """
    colours = {**_BLOCS, "TOTAL": _INK, "COMBINED": "#e4e4e4"}
    by_bloc = alt.Color("member:N", scale=_scale(list(colours), list(colours.values())), legend=None)
    bars = (
        _rows()
        .mark_bar(height={"band": 0.68}, aria=False)
        .encode(
            x=alt.X(f"{figure}:Q", title=title, axis=axis),
            y=_names(),
            color=alt.value(colour) if colour else by_bloc,
            tooltip="tip:N",
        )
    )
    column = (
        _rows()
        .mark_text(align="left", dx=8, fontSize=12, color=_INK, aria=False)
        .encode(x=alt.value("width"), y=_names(), text=text)
    )
    return _layers(bars, *more, column, height=alt.Step(21), right=right)


def _legs(word: Word) -> Any:
    colours = [_BLOCS["DOMESTIC"], _BLOCS["ASEAN"], _BLOCS["EU"], _GREY]
    fields = ["domestic_share", "asean_share", "europe_america_share", "rest_share"]
    return _lines(word, fields, colours, ".0%")


def _blocs(word: Word) -> Any:
    before = (
        _rows()
        .transform_calculate(before="datum.share - datum.share_change_yoy_pp / 100")
        .transform_filter("isValid(datum.share_change_yoy_pp)")
        .mark_tick(color=_INK, thickness=2, height=18, aria=False)
        .encode(x="before:Q", y=_names(), tooltip="tip:N")
    )
    return _members("share", _axis(".0%"), word("share"), "t_share:N", before)


_BASES = ("plain", "festival_adjusted", "working_day")


def _asean(word: Word) -> Any:
    month = _rows().encode(
        x=_X,
        y=alt.Y(
            "growth_comparable:Q", title=word("growth_comparable"), axis=alt.Axis(format="+.0%", tickCount=6)
        ),
        tooltip="tip:N",
    )
    shape = alt.Shape(
        "comparison_basis:N",
        scale=_scale(_BASES, _SHAPES[:3]),
        legend=_legend(word, _BASES),
    )
    drawn = month.transform_filter("isValid(datum.growth_comparable)")
    return _layers(
        _chosen_month(),
        drawn.mark_bar(color=_BLOCS["ASEAN"], width=8, aria=False),
        _level(0),
        drawn.mark_point(filled=True, color=_INK, size=46, opacity=1, aria=False).encode(shape=shape),
        _missing("growth_comparable"),
        height=_HEIGHT,
    )


def _pulled(word: Word) -> Any:
    return _members("contribution_pp", _axis("+~f"), word("contribution_pp"), "t_contribution_pp:N", _ZERO)


def _bridge(word: Word) -> Any:
    effects = ["domestic_effect_pp", "export_effect_pp"]
    bars = (
        _rows()
        .transform_fold(effects, as_=["kind", "figure"])
        .mark_bar(height=22, stroke=_INK, strokeWidth=0.8, aria=False)
        .encode(
            x=alt.X("figure:Q", title=word("domestic_share_change_pp"), axis=_axis("+~f")),
            y=_names(),
            color=alt.Color(
                "kind:N",
                scale=_scale(effects, [_BLOCS["DOMESTIC"], "#d9d9d9"]),
                legend=_legend(word, effects),
            ),
            tooltip="tip:N",
        )
    )
    change = _rows().encode(y=_names(), tooltip="tip:N")
    return _layers(
        bars,
        _ZERO,
        change.mark_point(
            shape="diamond", filled=True, size=130, color="white", stroke=_INK, opacity=1, aria=False
        ).encode(x="domestic_share_change_pp:Q"),
        change.mark_text(align="left", dx=8, fontSize=12, color=_INK, aria=False).encode(
            x=alt.value("width"), text="t_domestic_share_change_pp:N"
        ),
        height=alt.Step(44),
        right=105,
    )


def _volume(word: Word) -> Any:
    fields = ["value_index", "fisher_quantity_index", "fisher_price_index"]
    return _lines(word, fields, [_INK, "#0072B2", "#D55E00"], ".2f", _level(1))


def _concentration(word: Word) -> Any:
    fields = ["balance_index", "domestic_largest_four_share", "export_largest_four_share"]
    return _lines(word, fields, [_INK, _BLOCS["DOMESTIC"], _BLOCS["ASEAN"]], ".1f")


def _new_customers(_: Word) -> Any:
    figure = "new_customer_value_cny"
    return _members(figure, None, None, f"t_{figure}:N", colour=_BLOCS["DOMESTIC"], right=135)


def _coverage(word: Word) -> Any:
    return _lines(word, ["growth_yoy", "matched_growth_yoy"], ["#0072B2", "#D55E00"], "+.0%", _level(0))


_MAKERS: dict[str, Callable[[Word], Any]] = {
    "legs": _legs,
    "blocs": _blocs,
    "asean": _asean,
    "pulled": _pulled,
    "bridge": _bridge,
    "volume": _volume,
    "concentration": _concentration,
    "new_customers": _new_customers,
    "coverage": _coverage,
}
