"""Render the page: one HTML file that needs no network, no server and no other file."""

import base64
import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from include.bulletin.charts import WIDTH, charts
from include.bulletin.rows import Content, Row
from include.bulletin.sections import Column, Section, Text, sections, words

_FOLDER = Path(__file__).parent / "templates"
_NOT_SENT = {"columns", "few", "few_add_up", "cells", "total", "note", "mart"}


def render(content: Content) -> str:
    """The page of one release; the same content gives the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    own = (_FOLDER / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html.jinja").render(
        content=content,
        sections=sections(),
        words=words(),
        width=WIDTH,
        style=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        vega=Markup(_vega()),  # noqa: S704 - from the installed package
        script=Markup(own),  # noqa: S704 - our own file
        script_hashes=[_hash(_vega()), _hash(own)],
        data=Markup(_escape_json(_data(content))),  # noqa: S704 - every < is written as its code
    )


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the installed package."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in script or "<!--" in script:
        raise ValueError("vl-convert's JavaScript contains text that ends the script element")
    return script


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _data(content: Content) -> dict[str, Any]:
    """The data that page.js reads."""
    metrics = {(row["mart"], row["metric"]): row for row in content.metrics}
    names: dict[str, Text] = {row["code"]: _text(row) for row in (*content.markets, *content.products)}
    names |= words()["values"]
    sent, labels = [], {}
    for section in sections():
        columns = [_column(section, column, metrics) for column in section.columns]
        labels[section.id] = {column["name"]: column["label"] for column in columns}
        sent.append(
            {
                **section.model_dump(exclude=_NOT_SENT),
                "columns": columns,
                "rows": _packed(section, content.rows[section.id]),
            }
        )
    return {
        "release": content.release["release_id"],
        "newest": content.release["newest_month"],
        "newest_is_over": content.release["newest_is_over"],
        "newest_by_basis": {row["basis"]: row["newest_month"] for row in content.bases},
        "months": [row["month"] for row in content.months],
        "products": [row["code"] for row in content.products],
        "names": names,
        "reasons": words()["reasons"],
        "words": words()["page"],
        "sections": sent,
        "charts": charts(labels, names),
    }


def _column(section: Section, column: Column, metrics: dict[tuple[str, str], Row]) -> dict[str, Any]:
    if column.words:
        return {"name": column.words, "label": words()["columns"][column.words], "unit": "words"}
    found = metrics.get((column.mart or section.mart, column.metric or column.name))
    # Not in the catalogue of an older release: the label is the column's name.
    named = words()["columns"].get(column.name, {"zh": column.name, "en": column.name})
    label = _text(found) if found else named
    if column.of:
        before = words()["page"][column.of]
        label = {"zh": before["zh"] + label["zh"], "en": before["en"] + label["en"]}
    unit = column.unit or ("growth" if found and found["is_growth"] else found["unit"] if found else "index")
    return {"name": column.name, "label": label, "unit": unit}


def _text(row: Row) -> Text:
    return {"zh": row["zh"], "en": row["en"]}


def _packed(section: Section, rows: list[Row]) -> dict[str, Any]:
    """Column names once, rows as lists: a third of the size. Only columns that the page needs."""
    columns = [name for name in rows[0] if name in section.sent_columns()] if rows else []
    return {"columns": columns, "rows": [[row[name] for name in columns] for row in rows]}


def _escape_json(data: Any) -> str:
    """JSON in which no text can end the script element that holds it."""
    text = json.dumps(data, ensure_ascii=False, default=_json_value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _json_value(value: Any) -> Any:
    """Amounts to the cent, ratios to six decimals, more than the page displays."""
    if isinstance(value, Decimal):
        return round(float(value), 6)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} in a bulletin")
