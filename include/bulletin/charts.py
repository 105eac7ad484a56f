"""One chart a section, as Vega-Lite in both languages, without data: page.js gives the rows.

Rows have, beside their columns: ``date``, ``label`` (the member's name), ``tip`` (what hovering shows), ``order`` and
``t_<column>`` (as the table shows it). Everything told by colour is told by dashes, shapes or names, too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import yaml

from include.bulletin.sections import LANGUAGES, Language, Text
from include.settings import PROJECT_DIR

# Fits a page 800 pixels wide, and A4 with its margins.
WIDTH = 690
_FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'Helvetica Neue', Arial, sans-serif"
_INK, _GREY, _FAINT = "#222222", "#767676", "#dddddd"
_BLOCS: dict[str, str] = yaml.safe_load((PROJECT_DIR / "include" / "colours.yml").read_text("utf-8"))["blocs"]
_DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
_SHAPES = ("circle", "square", "triangle-up", "diamond")

Say = Callable[[str], str]  # a metric's name, or the word for a code, in the chart's language


def charts(labels: Mapping[str, Mapping[str, Text]], names: Mapping[str, Text]) -> dict[str, Any]:
    """Section -> language -> Vega-Lite; ``labels``: of each section's columns, ``names``: of codes."""
    return {
        section: {lang: _finished(make(_sayer({**names, **labels[section]}, lang))) for lang in LANGUAGES}
        for section, make in _MAKERS.items()
    }


def _sayer(texts: Mapping[str, Text], lang: Language) -> Say:
    return lambda code: texts[code][lang]


def _finished(chart: Any) -> dict[str, Any]:
    styled = chart.configure(
        font=_FONT, background="transparent", padding={"left": 4, "right": 4, "top": 6, "bottom": 4}
    )
    styled = styled.configure_axis(
        labelColor=_INK, titleColor=_INK, gridColor="#eeeeee", domainColor=_GREY, tickColor=_GREY,
        labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=0, labelOverlap=True,
        labelSeparation=6,
    )  # fmt: skip
    styled = styled.configure_legend(
        orient="top", title=None, labelFontSize=12, labelLimit=0, symbolSize=110, symbolStrokeWidth=2.2,
        columnPadding=18, labelColor=_INK,
    )  # fmt: skip
    spec: dict[str, Any] = styled.configure_view(stroke=None).to_dict()
    return spec


def _rows() -> Any:
    return alt.Chart(alt.NamedData(name="rows"), width="container")


_X = alt.X("date:T", title=None, axis=alt.Axis(format="%Y-%m", grid=False, tickCount=9))


def _lines(say: Say, fields: Sequence[str], colours: Sequence[str], axis: str, height: int, title: str) -> Any:
    """A line a field over the months, told apart by colour, dashes and marks."""
    labels = f"{ {field: say(field) for field in fields} }[datum.label]"
    kind = alt.Legend(labelExpr=labels)
    scale = {"domain": list(fields)}
    lines = (
        _rows()
        .transform_fold(list(fields), as_=["kind", "figure"])
        .encode(
            x=_X,
            y=alt.Y("figure:Q", title=title, axis=alt.Axis(format=axis, tickCount=5, minExtent=44)),
            color=alt.Color("kind:N", scale=alt.Scale(**scale, range=list(colours)), legend=kind),
            tooltip="tip:N",
        )
    )
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(**scale, range=[list(d) for d in _DASHES[: len(fields)]]))
    shape = alt.Shape("kind:N", scale=alt.Scale(**scale, range=list(_SHAPES[: len(fields)])))
    return alt.layer(
        _chosen_month(),
        lines.mark_line(strokeWidth=2.2, aria=False).encode(strokeDash=dash.legend(kind)),
        lines.mark_point(filled=True, size=34, opacity=1, aria=False).encode(shape=shape.legend(kind)),
        _missing(fields[0], height),
    ).properties(height=height)


def _chosen_month() -> Any:
    return (
        _rows()
        .transform_filter("datum.selected")
        .mark_rule(color=_FAINT, strokeWidth=9, aria=False)
        .encode(x=_X)
    )


def _missing(field: str, height: int) -> Any:
    """A cross where there is no figure; hovering and the table say why."""
    return (
        _rows()
        .transform_filter(f"datum.{field} === null")
        .mark_text(text="×", color=_GREY, fontSize=12, aria=False)
        .encode(x=_X, y=alt.value(height - 7), tooltip="tip:N")
    )


def _names() -> Any:
    return alt.Y(
        "label:N", sort=alt.EncodingSortField("order"), title=None, axis=alt.Axis(ticks=False, domain=False)
    )


def _members(figure: str, axis: str, title: str, text: str, *more: Any) -> Any:
    """A bar a member, its figures in a column at the right, where nothing is in their way."""
    colours = {**_BLOCS, "TOTAL": _INK, "COMBINED": "#e4e4e4"}
    bars = (
        _rows()
        .mark_bar(height={"band": 0.68}, aria=False)
        .encode(
            x=alt.X(f"{figure}:Q", title=title, axis=alt.Axis(format=axis, tickCount=6)),
            y=_names(),
            color=alt.Color(
                "member:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
            tooltip="tip:N",
        )
    )
    column = (
        _rows()
        .mark_text(align="left", dx=8, fontSize=12, color=_INK, aria=False)
        .encode(x=alt.value("width"), y=_names(), text=text)
    )
    return alt.layer(bars, *more, column).properties(
        height=alt.Step(21), padding={"left": 4, "right": 170, "top": 6, "bottom": 4}
    )


def _legs(say: Say) -> Any:
    colours = [_BLOCS["DOMESTIC"], _BLOCS["ASEAN"], _BLOCS["EU"], _GREY]
    fields = ["domestic_share", "asean_share", "europe_america_share", "rest_share"]
    return _lines(say, fields, colours, ".0%", 230, "")


def _blocs(say: Say) -> Any:
    before = (
        _rows()
        .transform_calculate(before="datum.share - datum.share_change_yoy_pp / 100")
        .transform_filter("isValid(datum.share_change_yoy_pp)")
        .mark_tick(color=_INK, thickness=2, height=18, aria=False)
        .encode(x="before:Q", y=_names(), tooltip="tip:N")
    )
    return _members("share", ".0%", say("share"), "t_share:N", before)


_BASES = ("plain", "festival_adjusted", "working_day")


def _asean(say: Say) -> Any:
    height = 210
    labels = f"{ {basis: say(basis) for basis in _BASES} }[datum.label]"
    month = _rows().encode(
        x=_X,
        y=alt.Y("growth_comparable:Q", title=say("growth_comparable"), axis=alt.Axis(format="+.0%", tickCount=6)),
        tooltip="tip:N",
    )
    shape = alt.Shape(
        "comparison_basis:N",
        scale=alt.Scale(domain=list(_BASES), range=list(_SHAPES[:3])),
        legend=alt.Legend(labelExpr=labels),
    )
    drawn = month.transform_filter("isValid(datum.growth_comparable)")
    return alt.layer(
        _chosen_month(),
        drawn.mark_bar(color=_BLOCS["ASEAN"], width=8, opacity=0.55, aria=False),
        drawn.mark_point(filled=True, color=_INK, size=46, opacity=1, aria=False).encode(shape=shape),
        _missing("growth_comparable", height),
    ).properties(height=height)


def _pulled(say: Say) -> Any:
    zero = alt.Chart().mark_rule(color=_GREY).encode(x=alt.datum(0))
    return _members("contribution_pp", "+", say("contribution_pp"), "t_contribution_pp:N", zero)


def _bridge(say: Say) -> Any:
    effects = ["domestic_effect_pp", "export_effect_pp"]
    labels = f"{ {effect: say(effect) for effect in effects} }[datum.label]"
    bars = (
        _rows()
        .transform_fold(effects, as_=["kind", "figure"])
        .mark_bar(height=22, stroke=_INK, strokeWidth=0.8, aria=False)
        .encode(
            x=alt.X("figure:Q", title=say("domestic_share_change_pp"), axis=alt.Axis(format="+", tickCount=6)),
            y=_names(),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=effects, range=[_BLOCS["DOMESTIC"], "#d9d9d9"]),
                legend=alt.Legend(labelExpr=labels, symbolType="square"),
            ),
            tooltip="tip:N",
        )
    )
    change = _rows().encode(y=_names(), tooltip="tip:N")
    return alt.layer(
        bars,
        alt.Chart().mark_rule(color=_GREY).encode(x=alt.datum(0)),
        change.mark_point(
            shape="diamond", filled=True, size=130, color="white", stroke=_INK, opacity=1, aria=False
        ).encode(x="domestic_share_change_pp:Q"),
        change.mark_text(align="left", dx=8, fontSize=12, color=_INK, aria=False).encode(
            x=alt.value("width"), text="t_domestic_share_change_pp:N"
        ),
    ).properties(height=alt.Step(44), padding={"left": 4, "right": 130, "top": 6, "bottom": 4})


def _volume(say: Say) -> Any:
    fields = ["value_index", "fisher_quantity_index", "fisher_price_index"]
    lines = _lines(say, fields, [_INK, "#0072B2", "#D55E00"], ".2f", 220, "")
    one = alt.Chart().mark_rule(color=_GREY).encode(y=alt.datum(1))
    return alt.layer(one, *lines.layer).properties(height=220)


def _concentration(say: Say) -> Any:
    fields = ["balance_index", "domestic_largest_four_share", "export_largest_four_share"]
    return _lines(say, fields, [_INK, _BLOCS["DOMESTIC"], _BLOCS["ASEAN"]], ".1f", 230, "")


def _new_customers(say: Say) -> Any:
    return _members(
        "new_customer_value_cny", "~s", say("new_customer_value_cny"), "t_new_customer_value_cny:N"
    ).transform_filter("datum.order < 12")


def _coverage(say: Say) -> Any:
    return _lines(say, ["growth_yoy", "matched_growth_yoy"], ["#0072B2", "#D55E00"], "+.0%", 210, "")


_MAKERS: dict[str, Callable[[Say], Any]] = {
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
